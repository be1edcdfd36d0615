package timonier.enitodo.server;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryUsage;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.ToLongFunction;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/** What this process measures of itself. The JVM's numbers have the names that Prometheus' own client gives them. */
final class MetricsServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;
    private static final double MILLIS = 1000;

    private final transient RequestCounter requests;
    private final transient IntSupplier sessions;

    /**
     * @param requests what has counted the users' requests
     * @param sessions how many HTTP sessions this instance holds
     */
    MetricsServlet(RequestCounter requests, IntSupplier sessions) {
        this.requests = requests;
        this.sessions = sessions;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Exposition metrics = new Exposition();
        application(metrics);
        memory(metrics, "used", "In use.", MemoryUsage::getUsed);
        memory(metrics, "committed", "Had from the system.", MemoryUsage::getCommitted);
        memory(metrics, "max", "The limit, -1 for none.", MemoryUsage::getMax);
        process(metrics);
        response.setContentType(Exposition.CONTENT_TYPE);
        response.getWriter().print(metrics);
    }

    private void application(Exposition metrics) {
        metrics.metric("eni_todo_requests_total", "counter", "Requests answered, by status; without /healthz.");
        long all = 0;
        for (int status = 1; status <= RequestCounter.CLASSES; status++) {
            long answered = requests.answered(status);
            all += answered;
            metrics.sample("eni_todo_requests_total", "status", status + "xx", answered);
        }
        metrics.metric("eni_todo_request_duration_seconds", "summary", "How long the answers took.")
                .sample("eni_todo_request_duration_seconds_sum", requests.nanos() / (double) TimeUnit.SECONDS.toNanos(1))
                .sample("eni_todo_request_duration_seconds_count", all)
                .metric("eni_todo_requests_active", "gauge", "Requests being answered.")
                .sample("eni_todo_requests_active", requests.active())
                .metric("eni_todo_sessions", "gauge", "HTTP sessions held, the copies of others' too.")
                .sample("eni_todo_sessions", sessions.getAsInt());
    }

    private static void memory(Exposition metrics, String what, String help, ToLongFunction<MemoryUsage> read) {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        String name = "jvm_memory_" + what + "_bytes";
        metrics.metric(name, "gauge", "The JVM's memory: " + help)
                .sample(name, "area", "heap", read.applyAsLong(memory.getHeapMemoryUsage()))
                .sample(name, "area", "nonheap", read.applyAsLong(memory.getNonHeapMemoryUsage()));
    }

    private static void process(Exposition metrics) {
        double started = ManagementFactory.getRuntimeMXBean().getStartTime() / MILLIS;
        double uptime = ManagementFactory.getRuntimeMXBean().getUptime() / MILLIS;
        metrics.metric("jvm_threads_current", "gauge", "Threads of the JVM.")
                .sample("jvm_threads_current", ManagementFactory.getThreadMXBean().getThreadCount())
                .metric("process_start_time_seconds", "gauge", "When the process started, in seconds since 1970.")
                .sample("process_start_time_seconds", started)
                .metric("process_uptime_seconds", "gauge", "How long it has run.")
                .sample("process_uptime_seconds", uptime);
    }
}
