package timonier.enitodo.server;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import jakarta.servlet.ServletException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;

/**
 * Lets the last requests finish. Once draining, every answer closes its connection: otherwise a proxy would send its
 * next request on a kept-alive connection to a server that is about to go.
 */
public final class DrainValve extends ValveBase {

    private static final long POLL_MILLIS = 20;

    private final AtomicInteger active = new AtomicInteger();
    private volatile boolean draining;

    public DrainValve() {
        super(true);
    }

    public boolean draining() {
        return draining;
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        active.incrementAndGet();
        try {
            if (draining) {
                response.setHeader("Connection", "close");
            }
            getNext().invoke(request, response);
        } finally {
            active.decrementAndGet();
        }
    }

    void startDraining() {
        draining = true;
    }

    /** Waits until no request is served any more; false when the limit came first. */
    boolean awaitIdle(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (active.get() > 0) {
            if (System.nanoTime() - end > 0) {
                return false;
            }
            Thread.sleep(POLL_MILLIS);
        }
        return true;
    }
}
