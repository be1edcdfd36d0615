package timonier.enitodo.settings;

import java.util.Map;

/**
 * Whether and how sessions are copied to the other instances.
 *
 * @param membership how the other instances are found
 * @param receiverPort TCP port that takes the others' messages
 * @param sendOptions Tomcat's channelSendOptions: 8 asynchronous, 6 synchronous with acknowledgement
 */
public record ReplicationSettings(Membership membership, int receiverPort, int sendOptions) {

    /** Who tells the members. */
    public enum Membership { NONE, KUBERNETES, DNS }

    private static final int RECEIVER_PORT = 4000;
    private static final int ASYNCHRONOUS = 8;
    /** All bits Tomcat's Channel.SEND_OPTIONS_* may set, the application's own range left out. */
    private static final int MAX_SEND_OPTIONS = 0xFF;
    private static final String REPLICATING_PROFILE = "tomcat-mariadb-kub";

    static ReplicationSettings from(Map<String, String> env) {
        return new ReplicationSettings(
                membership(env),
                Settings.integer(env, "CLUSTER_RECEIVER_PORT", RECEIVER_PORT, 1, 65535),
                Settings.integer(env, "CLUSTER_CHANNEL_SEND_OPTIONS", ASYNCHRONOUS, 0, MAX_SEND_OPTIONS));
    }

    public boolean enabled() {
        return membership != Membership.NONE;
    }

    private static Membership membership(Map<String, String> env) {
        if (!Settings.text(env, "DNS_MEMBERSHIP_SERVICE_NAME", "").isEmpty()) {
            return Membership.DNS;
        }
        if (!hasProfile(env, REPLICATING_PROFILE)) {
            return Membership.NONE;
        }
        require(env, "KUBERNETES_NAMESPACE", "give the pod's namespace (downward API, metadata.namespace)");
        require(env, "KUBERNETES_SERVICE_HOST", "run in a Kubernetes cluster, or set DNS_MEMBERSHIP_SERVICE_NAME "
                + "to a DNS name of all instances instead");
        return Membership.KUBERNETES;
    }

    private static boolean hasProfile(Map<String, String> env, String profile) {
        for (String active : Settings.text(env, "SPRING_PROFILES_ACTIVE", "").split(",")) {
            if (active.strip().equals(profile)) {
                return true;
            }
        }
        return false;
    }

    private static void require(Map<String, String> env, String name, String remedy) {
        if (Settings.text(env, name, "").isEmpty()) {
            throw new SettingsException("Environment variable " + name + " is missing, and profile "
                    + REPLICATING_PROFILE + " replicates sessions with its help: " + remedy + ".");
        }
    }
}
