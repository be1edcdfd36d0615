package timonier.enitodo.server;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

import org.apache.catalina.Session;
import org.apache.catalina.ha.ClusterManager;
import org.apache.catalina.ha.ClusterMessage;
import org.apache.catalina.ha.session.DeltaManager;
import org.apache.catalina.ha.session.DeltaSession;
import org.apache.catalina.ha.session.SessionMessage;
import org.apache.catalina.ha.session.SessionMessageImpl;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.ChannelException;
import org.apache.catalina.tribes.Member;

/** The sessions of an application, all of which every instance holds. */
final class SessionManager extends DeltaManager {

    private static final Logger LOG = Logger.getLogger(SessionManager.class.getName());
    /** Who is asked for all sessions may be ending, or starting as well. */
    private static final int ATTEMPTS = 3;
    private static final int ATTEMPT_SECONDS = 5;
    private static final String HANDED_OVER = "HANDED-OVER";
    private static final String NO_SESSIONS_YET = "NO-CONTEXT-MANAGER";

    /** What the others sent before this instance had all sessions, in the order in which it came. */
    private final List<SessionMessage> held = new ArrayList<>();
    private boolean holding = true;
    private int attempt;

    SessionManager() {
        // a rollout ends instances one after another: their sessions live on in the others
        setExpireSessionsOnShutdown(false);
        setNotifyListenersOnReplication(true);
        setStateTransferTimeout(ATTEMPT_SECONDS);
    }

    @Override
    public ClusterManager cloneFromTemplate() {
        SessionManager manager = new SessionManager();
        clone(manager);
        return manager;
    }

    /** Asks one after another until one answers, then takes in what came meanwhile. */
    @Override
    public synchronized void getAllClusterSessions() {
        try {
            for (attempt = 0; attempt < ATTEMPTS && !getStateTransferred() && others().length > 0; attempt++) {
                setNoContextManagerReceived(false);
                super.getAllClusterSessions();
            }
        } finally {
            letGo(); // whatever went wrong: what is held back for ever would fill the memory
        }
    }

    private void letGo() {
        synchronized (held) {
            held.forEach(super::messageDataReceived);
            held.clear();
            holding = false;
        }
    }

    /** The oldest one first, which in a rollout ends next: Tomcat would ask it again and again. */
    @Override
    protected Member findSessionMasterMember() {
        Member[] others = others();
        return others.length == 0 ? null : others[attempt % others.length];
    }

    /**
     * Holds changes back until the sessions are there that they change. Tomcat does so too, but drops those that are
     * older than the sessions it got: where they come from another instance, who sent the sessions may not have had
     * them yet.
     */
    @Override
    public void messageDataReceived(ClusterMessage received) {
        SessionMessage message = (SessionMessage) received;
        synchronized (held) {
            if (holding && message.getEventType() == SessionMessage.EVT_GET_ALL_SESSIONS) {
                getCluster().send(new SessionMessageImpl(getName(), SessionMessage.EVT_ALL_SESSION_NOCONTEXTMANAGER,
                        null, NO_SESSIONS_YET, NO_SESSIONS_YET + "-" + getName()), message.getAddress(),
                        Channel.SEND_OPTIONS_ASYNCHRONOUS);
                return;
            }
            if (holding && !isAnswer(message)) {
                held.add(message);
                return;
            }
        }
        super.messageDataReceived(message);
    }

    private static boolean isAnswer(SessionMessage message) {
        return switch (message.getEventType()) {
            case SessionMessage.EVT_ALL_SESSION_DATA -> !HANDED_OVER.equals(message.getSessionID());
            case SessionMessage.EVT_ALL_SESSION_TRANSFERCOMPLETE,
                    SessionMessage.EVT_ALL_SESSION_NOCONTEXTMANAGER -> true;
            default -> false;
        };
    }

    /** A session that came with all others is not begun anew when the message of its beginning comes later. */
    @Override
    protected void handleSESSION_CREATED(SessionMessage message, Member sender) {
        if (!sessions.containsKey(message.getSessionID())) {
            super.handleSESSION_CREATED(message, sender);
        }
    }

    /** As Tomcat's, but keeps a session that was used here since: what was sent of it is older. */
    @Override
    protected void deserializeSessions(byte[] data) throws ClassNotFoundException, IOException {
        try (ObjectInputStream stream = getReplicationStream(data)) {
            int count = (Integer) stream.readObject();
            for (int number = 0; number < count; number++) {
                DeltaSession session = (DeltaSession) createEmptySession();
                session.readObjectData(stream);
                if (sessions.get(session.getIdInternal()) instanceof DeltaSession known && known.isPrimarySession()) {
                    continue;
                }
                session.setManager(this);
                session.setValid(true);
                session.setPrimarySession(false);
                session.access();
                session.endAccess();
                session.resetDeltaRequest();
                add(session);
                session.tellNew();
            }
        }
    }

    /**
     * Gives the others every session that was used here last, and returns when they have it. While both run, changes
     * are sent without waiting for an answer: one may be late or lost, and nobody would be left to have it.
     */
    void handOver() throws IOException {
        Session[] last = Arrays.stream(findSessions()).filter(one -> ((DeltaSession) one).isPrimarySession())
                .toArray(Session[]::new);
        SessionMessage message = new SessionMessageImpl(getName(), SessionMessage.EVT_ALL_SESSION_DATA,
                serializeSessions(last), HANDED_OVER, HANDED_OVER + "-" + getName());
        message.setTimestamp(System.currentTimeMillis());
        message.setAddress(getCluster().getLocalMember());
        for (Member other : others()) {
            boolean given = false;
            for (int number = 0; number < ATTEMPTS && !given; number++) {
                given = give(message, other);
            }
            LOG.log(given ? Level.INFO : Level.WARNING, "Sessions {0} to {1}: {2}",
                    new Object[] {given ? "handed over" : "not handed over", other.getName(), last.length});
        }
    }

    private boolean give(SessionMessage message, Member other) {
        try {
            getCluster().getChannel().send(new Member[] {other}, message,
                    Channel.SEND_OPTIONS_SYNCHRONIZED_ACK | Channel.SEND_OPTIONS_USE_ACK);
            return true;
        } catch (ChannelException unreached) {
            return false;
        }
    }

    private Member[] others() {
        return getCluster().getMembers();
    }
}
