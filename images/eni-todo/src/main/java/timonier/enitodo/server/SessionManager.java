package timonier.enitodo.server;

import org.apache.catalina.ha.ClusterManager;
import org.apache.catalina.ha.session.DeltaManager;

/** The sessions of an application, all of which every instance holds. */
final class SessionManager extends DeltaManager {

    /** A starting instance asks the oldest one for all sessions, which in a rollout is the one that ends next. */
    private static final int ATTEMPTS = 3;
    private static final int ATTEMPT_SECONDS = 5;

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

    /** Asks again when no answer came: who ended meanwhile is no member any more, and so it is another who is asked. */
    @Override
    public synchronized void getAllClusterSessions() {
        for (int attempt = 0; attempt < ATTEMPTS && !getStateTransferred(); attempt++) {
            super.getAllClusterSessions();
        }
    }
}
