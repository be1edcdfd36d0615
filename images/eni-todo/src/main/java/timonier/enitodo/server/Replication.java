package timonier.enitodo.server;

import java.io.IOException;
import java.util.Arrays;

import org.apache.catalina.Lifecycle;
import org.apache.catalina.LifecycleEvent;
import org.apache.catalina.Manager;
import org.apache.catalina.ha.tcp.SimpleTcpCluster;
import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor;
import org.apache.catalina.tribes.group.interceptors.TcpFailureDetector;
import org.apache.catalina.tribes.membership.cloud.CloudMembershipService;
import org.apache.catalina.tribes.transport.ReplicationTransmitter;
import org.apache.catalina.tribes.transport.nio.NioReceiver;
import org.apache.catalina.tribes.transport.nio.PooledParallelSender;
import timonier.enitodo.settings.ReplicationSettings;

/** Builds Tomcat's session replication: every instance holds every session. */
final class Replication {

    /**
     * By default Tomcat sends and receives on several threads: a session's first attribute may then arrive before the
     * session itself, and is dropped. One thread on each side keeps the order; 100 requests a second are little to it.
     */
    private static final int ONE_THREAD = 1;
    /** How often an instance asks who the others are: by default 5 s, in which it does not hear of a new one. */
    private static final int ASK_MILLIS = 1000;
    /** How long an instance that has ended may hold up the messages to the others, before it counts as gone. */
    private static final int SEND_MILLIS = 1000;
    private static final int KNOWN_WITHIN_MILLIS = 10_000;
    private static final int LOOK_MILLIS = 100;

    private Replication() {
    }

    static SimpleTcpCluster cluster(ReplicationSettings settings) {
        SimpleTcpCluster cluster = new SimpleTcpCluster();
        cluster.setChannelSendOptions(settings.sendOptions());
        cluster.setManagerTemplate(new SessionManager());
        GroupChannel channel = channel(settings);
        cluster.setChannel(channel);
        cluster.addLifecycleListener(event -> beKnownFirst(event, channel));
        return cluster;
    }

    /**
     * Starts the applications, which ask for all sessions, once the others know of this instance. Whatever changes
     * before they do is in what they hand over then; whatever changes after, they send. With the applications first,
     * changes in between never came here.
     */
    private static void beKnownFirst(LifecycleEvent event, GroupChannel channel) {
        if (!Lifecycle.AFTER_START_EVENT.equals(event.getType())) {
            return;
        }
        try {
            awaitListing(channel);
            Thread.sleep(2L * ASK_MILLIS); // by then each of them has asked
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** An instance that finds itself among the members is found by the others as well; it takes its identity then. */
    private static void awaitListing(GroupChannel channel) throws InterruptedException {
        long deadline = System.nanoTime() + KNOWN_WITHIN_MILLIS * 1_000_000L;
        byte[] unlisted = new byte[channel.getLocalMember(false).getUniqueId().length];
        while (Arrays.equals(channel.getLocalMember(false).getUniqueId(), unlisted) && System.nanoTime() < deadline) {
            Thread.sleep(LOOK_MILLIS);
        }
    }

    /** To be called when the last request has ended: the others get what they do not have of this instance's sessions. */
    static void handOver(Manager sessions) throws IOException {
        if (sessions instanceof SessionManager replicated) {
            replicated.handOver();
        }
    }

    private static MessageDispatchInterceptor sender() {
        MessageDispatchInterceptor sender = new MessageDispatchInterceptor();
        sender.setMaxSpareThreads(ONE_THREAD);
        sender.setMaxThreads(ONE_THREAD);
        return sender;
    }

    private static ReplicationTransmitter transmitter() {
        PooledParallelSender transport = new PooledParallelSender();
        transport.setTimeout(SEND_MILLIS);
        ReplicationTransmitter transmitter = new ReplicationTransmitter();
        transmitter.setTransport(transport);
        return transmitter;
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
        channel.setJmxEnabled(false);
        channel.setHeartbeatSleeptime(ASK_MILLIS);
        channel.setChannelReceiver(receiver);
        channel.setMembershipService(membership);
        channel.setChannelSender(transmitter());
        channel.addInterceptor(sender());
        channel.addInterceptor(new LivingMembers());
        channel.addInterceptor(new TcpFailureDetector());
        return channel;
    }
}
