package timonier.enitodo.server;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

import jakarta.servlet.ServletException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import timonier.enitodo.web.HealthServlet;

/** Counts the answered requests by the class of their status; not the probes, which would drown the users'. */
final class RequestCounter extends ValveBase {

    /** The classes 1xx to 5xx. */
    static final int CLASSES = 5;
    private static final int STATUSES_OF_A_CLASS = 100;

    private final LongAdder[] answered = new LongAdder[CLASSES + 1];
    private final LongAdder nanos = new LongAdder();
    private final AtomicLong active = new AtomicLong();

    RequestCounter() {
        super(true);
        for (int number = 0; number <= CLASSES; number++) {
            answered[number] = new LongAdder();
        }
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        long begun = System.nanoTime();
        active.incrementAndGet();
        try {
            getNext().invoke(request, response);
        } finally {
            active.decrementAndGet();
            if (request.getAttribute(HealthServlet.QUIET) == null) {
                nanos.add(System.nanoTime() - begun);
                answered[Math.min(response.getStatus() / STATUSES_OF_A_CLASS, CLASSES)].increment();
            }
        }
    }

    /** How many were answered with a status of a class: 2 for 200 to 299. */
    long answered(int statusClass) {
        return answered[statusClass].sum();
    }

    /** How many are being answered now. */
    long active() {
        return active.get();
    }

    /** The nanoseconds that all answers took together. */
    long nanos() {
        return nanos.sum();
    }
}
