package timonier.enitodo.settings;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * Everything the environment decides, read and checked once.
 *
 * @param hostname name shown on every page; in a cluster the pod's name
 * @param uploads directory of the uploaded files
 * @param drain how long requests are still served after SIGTERM, while /healthz already fails
 * @param accessLog whether each request leaves a line on standard output
 * @param metricsPort where Prometheus finds its metrics; {@link #NO_METRICS} for nowhere
 */
public record Settings(int port, String hostname, Path uploads, Duration drain, boolean accessLog, int metricsPort,
                       DatabaseSettings database, ReplicationSettings replication) {

    public static final int NO_METRICS = 0;

    private static final int HTTP_PORT = 8080;
    // Longer than a readiness probe of a few seconds takes to notice, and an ingress to hear of it; shorter than the
    // ten seconds docker stop waits.
    private static final int DRAIN_SECONDS = 8;
    private static final int MAX_DRAIN_SECONDS = 3600;

    /** Refuses metrics where users are. */
    public Settings {
        if (metricsPort == port) {
            throw new SettingsException("Environment variable METRICS_PORT is '" + metricsPort
                    + "', where the application itself is reached: give another port.");
        }
    }

    /** Reads the environment; throws {@link SettingsException} when a value makes no sense. */
    public static Settings from(Map<String, String> env) {
        return new Settings(
                integer(env, "PORT", HTTP_PORT, 1, 65535),
                hostname(env),
                Path.of(text(env, "MULTIPART_LOCATION", "/usr/local/tomcat/files")),
                Duration.ofSeconds(integer(env, "SHUTDOWN_DRAIN_SECONDS", DRAIN_SECONDS, 0, MAX_DRAIN_SECONDS)),
                bool(env, "ACCESS_LOG", true),
                integer(env, "METRICS_PORT", NO_METRICS, NO_METRICS, 65535),
                DatabaseSettings.from(env),
                ReplicationSettings.from(env));
    }

    /** A variable's value, or the default when it is unset or blank: a chart may well render an empty string. */
    static String text(Map<String, String> env, String name, String fallback) {
        String value = env.get(name);
        return value == null || value.isBlank() ? fallback : value.strip();
    }

    static int integer(Map<String, String> env, String name, int fallback, int min, int max) {
        String value = text(env, name, Integer.toString(fallback));
        try {
            int number = Integer.parseInt(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below, together with numbers out of range
        }
        throw new SettingsException("Environment variable " + name + " is '" + value
                + "': give a whole number from " + min + " to " + max + ".");
    }

    private static boolean bool(Map<String, String> env, String name, boolean fallback) {
        String value = text(env, name, Boolean.toString(fallback));
        return switch (value.toLowerCase()) {
            case "true", "1", "yes", "on" -> true;
            case "false", "0", "no", "off" -> false;
            default -> throw new SettingsException(
                    "Environment variable " + name + " is '" + value + "': give true or false.");
        };
    }

    private static String hostname(Map<String, String> env) {
        String name = text(env, "HOSTNAME", "");
        if (!name.isEmpty()) {
            return name;
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }
}
