package timonier.enitodo.server;

import java.nio.file.Path;
import java.security.Security;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;

import org.apache.tomcat.util.modeler.Registry;
import sun.misc.Signal;
import timonier.enitodo.settings.Settings;
import timonier.enitodo.settings.SettingsException;

/** Starts the application, waits for SIGTERM or SIGINT, and closes it. Exit codes: 0 closed, 1 failed, 2 bad settings. */
public final class Main {

    private static final Logger LOG = Logger.getLogger(Main.class.getName());

    private Main() {
    }

    public static void main(String[] arguments) {
        Logging.toStandardOutput();
        rememberNamesBriefly();
        try {
            System.exit(run(Settings.from(System.getenv())));
        } catch (SettingsException e) {
            LOG.severe(e.getMessage());
            System.exit(2);
        } catch (Exception e) {
            LOG.log(Level.SEVERE, "The application could not run: " + e.getMessage(), e);
            System.exit(1);
        }
    }

    private static int run(Settings settings) throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        // a handler instead of a shutdown hook: the exit code of a clean end is then 0 and not 143
        Signal.handle(new Signal("TERM"), signal -> ended.countDown());
        Signal.handle(new Signal("INT"), signal -> ended.countDown());
        Registry.disableRegistry();
        TodoServer server = new TodoServer(settings, Path.of(System.getProperty("timonier.webapp", "webapp")));
        server.start();
        LOG.info("Ready on port " + settings.port() + ", database " + settings.database().publicUrl()
                + ", session replication " + settings.replication().membership());
        if (settings.metricsPort() != Settings.NO_METRICS) {
            LOG.info("Metrics at port " + settings.metricsPort() + ", path /metrics");
        }
        if (settings.database().embedded()) {
            LOG.warning("No DB_DTB_JDBC_URL: items are kept in memory and end with this process");
        }
        ended.await();
        LOG.info("Asked to end: closing");
        server.stop();
        return 0;
    }

    /** A database that comes back may have another address: the JVM's 30 s (10 s for failures) would hide it. */
    private static void rememberNamesBriefly() {
        Security.setProperty("networkaddress.cache.ttl", "5");
        Security.setProperty("networkaddress.cache.negative.ttl", "1");
    }
}
