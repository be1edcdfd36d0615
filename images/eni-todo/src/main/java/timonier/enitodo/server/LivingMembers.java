package timonier.enitodo.server;

import org.apache.catalina.tribes.ChannelException;
import org.apache.catalina.tribes.ChannelMessage;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.group.ChannelInterceptorBase;
import org.apache.catalina.tribes.group.InterceptorPayload;

/**
 * Sends to one instance after another, and leaves out who has ended since a message was put into the queue. One thread
 * sends them all: it would wait for that instance message by message, and what is for the others would come minutes
 * late, or not at all.
 */
final class LivingMembers extends ChannelInterceptorBase {

    @Override
    public void sendMessage(Member[] destination, ChannelMessage message, InterceptorPayload payload)
            throws ChannelException {
        ChannelException failed = null;
        for (Member one : destination) {
            if (getMember(one) == null) {
                continue;
            }
            try {
                super.sendMessage(new Member[] {one}, message, payload);
            } catch (ChannelException unreached) {
                if (failed == null) {
                    failed = unreached;
                } else {
                    failed.addFaultyMember(unreached.getFaultyMembers());
                }
            }
        }
        if (failed != null) {
            throw failed;
        }
    }
}
