package timonier.enitodo.server;

import org.apache.catalina.ha.session.DeltaManager;
import org.apache.catalina.ha.tcp.SimpleTcpCluster;
import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor;
import org.apache.catalina.tribes.group.interceptors.TcpFailureDetector;
import org.apache.catalina.tribes.membership.cloud.CloudMembershipService;
import org.apache.catalina.tribes.transport.nio.NioReceiver;
import timonier.enitodo.settings.ReplicationSettings;

/** Builds Tomcat's session replication: every instance holds every session. */
final class Replication {

    /** A starting instance asks another for all sessions; one that just died must not hold the start up for a minute. */
    private static final int STATE_TRANSFER_SECONDS = 10;
    /**
     * By default Tomcat sends and receives on several threads: a session's first attribute may then arrive before the
     * session itself, and is dropped. One thread on each side keeps the order; 100 requests a second are little to it.
     */
    private static final int ONE_THREAD = 1;

    private Replication() {
    }

    static SimpleTcpCluster cluster(ReplicationSettings settings) {
        SimpleTcpCluster cluster = new SimpleTcpCluster();
        cluster.setChannelSendOptions(settings.sendOptions());
        cluster.setManagerTemplate(manager());
        cluster.setChannel(channel(settings));
        return cluster;
    }

    private static DeltaManager manager() {
        DeltaManager manager = new DeltaManager();
        // a rollout ends instances one after another: their sessions live on in the others
        manager.setExpireSessionsOnShutdown(false);
        manager.setNotifyListenersOnReplication(true);
        manager.setStateTransferTimeout(STATE_TRANSFER_SECONDS);
        return manager;
    }

    private static MessageDispatchInterceptor sender() {
        MessageDispatchInterceptor sender = new MessageDispatchInterceptor();
        sender.setMaxSpareThreads(ONE_THREAD);
        sender.setMaxThreads(ONE_THREAD);
        return sender;
    }

    private static GroupChannel channel(ReplicationSettings settings) {
        NioReceiver receiver = new NioReceiver();
        receiver.setPort(settings.receiverPort());
        receiver.setAutoBind(1); // members expect this very port: failing is better than sitting on the next one
        receiver.setMinThreads(ONE_THREAD);
        receiver.setMaxThreads(ONE_THREAD);
        CloudMembershipService membership = new CloudMembershipService();
        membership.setMembershipProviderClassName(
                settings.membership() == ReplicationSettings.Membership.DNS ? "dns" : "kubernetes");
        GroupChannel channel = new GroupChannel();
        channel.setChannelReceiver(receiver);
        channel.setMembershipService(membership);
        channel.addInterceptor(sender());
        channel.addInterceptor(new TcpFailureDetector());
        return channel;
    }
}
