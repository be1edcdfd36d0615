package timonier.enitodo.server;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** A line for each message on standard output, where a container's log is looked for (the JDK's own goes to stderr). */
final class Logging {

    /** Kept, because loggers are forgotten by the garbage collector with their level. */
    private static final Logger OF_SESSIONS =
            Logger.getLogger("org.apache.catalina.ha.session.ClusterSessionListener");

    private Logging() {
    }

    static void toStandardOutput() {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        root.setLevel(Level.INFO);
        root.addHandler(new StandardOutput());
        // it warns of every change that comes before this instance has asked for all sessions: those are among them
        OF_SESSIONS.setLevel(Level.SEVERE);
    }

    private static final class StandardOutput extends Handler {
        private final Formatter formatter = new OneLine();

        @Override
        public void publish(LogRecord logged) {
            if (isLoggable(logged)) {
                System.out.print(formatter.format(logged));
            }
        }

        @Override
        public void flush() {
            System.out.flush();
        }

        @Override
        public void close() {
            flush();
        }
    }

    private static final class OneLine extends Formatter {
        @Override
        public String format(LogRecord logged) {
            String name = logged.getLoggerName();
            String shortName = name == null ? "-" : name.substring(name.lastIndexOf('.') + 1);
            return Instant.ofEpochMilli(logged.getMillis()).truncatedTo(ChronoUnit.MILLIS) + " " + logged.getLevel()
                    + " " + shortName + " " + formatMessage(logged) + cause(logged) + "\n";
        }

        /** A stack for what is broken; for a warning, which may come every few seconds, what it is called. */
        private static String cause(LogRecord logged) {
            Throwable thrown = logged.getThrown();
            if (thrown == null) {
                return "";
            }
            if (logged.getLevel().intValue() < Level.SEVERE.intValue()) {
                return ": " + thrown;
            }
            StringWriter stack = new StringWriter();
            thrown.printStackTrace(new PrintWriter(stack));
            return "\n" + stack.toString().stripTrailing();
        }
    }
}
