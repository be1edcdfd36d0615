package timonier.enitodo.server;

import java.util.Arrays;

import org.apache.catalina.tribes.ChannelException;
import org.apache.catalina.tribes.ChannelMessage;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.group.ChannelInterceptorBase;
import org.apache.catalina.tribes.group.InterceptorPayload;

/**
 * Leaves out who has ended since a message was put into the queue. One thread sends them all: it would wait for that
 * instance message by message, and what is for the others would come minutes late, or not at all.
 */
final class LivingMembers extends ChannelInterceptorBase {

    @Override
    public void sendMessage(Member[] destination, ChannelMessage message, InterceptorPayload payload)
            throws ChannelException {
        Member[] living = Arrays.stream(destination).filter(one -> getMember(one) != null).toArray(Member[]::new);
        if (living.length > 0) {
            super.sendMessage(living, message, payload);
        }
    }
}
