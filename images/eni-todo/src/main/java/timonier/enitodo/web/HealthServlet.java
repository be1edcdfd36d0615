package timonier.enitodo.web;

import java.io.IOException;
import java.util.function.BooleanSupplier;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/**
 * Says that this process answers, and nothing of what it depends on: a probe that asked the database would have every
 * instance restarted by an outage none of them can mend. While the process is ending it answers 503, which takes the
 * instance out of the load balancing.
 */
public final class HealthServlet extends HttpServlet {

    /** Request attribute: asked every few seconds, not worth a line in the access log. */
    public static final String QUIET = "timonier.enitodo.quiet";
    private static final long serialVersionUID = 1L;

    private final transient BooleanSupplier draining;

    HealthServlet(BooleanSupplier draining) {
        this.draining = draining;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        request.setAttribute(QUIET, Boolean.TRUE);
        boolean ending = draining.getAsBoolean();
        response.setStatus(ending ? HttpServletResponse.SC_SERVICE_UNAVAILABLE : HttpServletResponse.SC_OK);
        response.setContentType("text/plain");
        response.setHeader("Cache-Control", "no-store");
        response.getWriter().println(ending ? "ending" : "ok");
    }
}
