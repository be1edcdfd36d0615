package timonier.enitodo.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.ErrorReportValve;
import org.apache.catalina.valves.RemoteIpValve;
import timonier.enitodo.settings.Settings;
import timonier.enitodo.todo.Database;
import timonier.enitodo.web.RootContext;
import timonier.enitodo.web.TodoContext;

/**
 * Tomcat with one connector and two contexts, built in code: nothing is scanned or parsed, so it starts at once. With
 * another connector where its metrics are asked for.
 */
final class TodoServer {

    /** A list page sends a few fields for each item; Tomcat's 1000 would be used up by some 200 items. */
    private static final int MAX_PARAMETERS = 50_000;
    /** How much of a refused upload is read and dropped, so that its sender gets to see the answer. */
    private static final int MAX_SWALLOW_BYTES = 64 * 1024 * 1024;
    private static final int CONNECTION_TIMEOUT_MILLIS = 20_000;
    /** An ingress keeps connections for 60 to 90 s: whoever closes an idle one should be the ingress. */
    private static final int KEEP_ALIVE_MILLIS = 120_000;
    private static final Duration LAST_REQUESTS = Duration.ofSeconds(20);

    private final Settings settings;
    private final Tomcat tomcat = new Tomcat();
    private final DrainValve drain = new DrainValve();
    private final Database database;
    private final Context context;
    /** By their ports. */
    private final Map<Integer, Connector> connectors = new LinkedHashMap<>();

    TodoServer(Settings settings, Path webapp) throws IOException {
        this.settings = settings;
        this.database = new Database(settings.database());
        tomcat.setBaseDir(Files.createTempDirectory("tomcat-").toString());
        connectors.put(settings.port(), connector());
        tomcat.getService().addConnector(connectors.get(settings.port()));
        tomcat.getEngine().getPipeline().addValve(drain);
        configureHost((StandardHost) tomcat.getHost());
        RootContext.addTo(tomcat);
        context = TodoContext.addTo(tomcat, webapp, settings, database, drain::draining);
        if (settings.replication().enabled()) {
            tomcat.getEngine().setCluster(Replication.cluster(settings.replication()));
            context.setDistributable(true);
        }
        if (settings.metricsPort() != Settings.NO_METRICS) {
            connectors.put(settings.metricsPort(), metrics());
        }
    }

    void start() throws LifecycleException {
        tomcat.start();
        for (Map.Entry<Integer, Connector> opened : connectors.entrySet()) {
            if (opened.getValue().getState() != LifecycleState.STARTED) {
                throw new LifecycleException("port " + opened.getKey() + " could not be opened");
            }
        }
    }

    /** Serves on while it is taken out of the load balancing, finishes what has begun, and closes. */
    void stop() throws InterruptedException, IOException, LifecycleException {
        drain.startDraining();
        Thread.sleep(settings.drain().toMillis());
        tomcat.getConnector().pause();
        tomcat.getConnector().getProtocolHandler().closeServerSocketGraceful();
        drain.awaitIdle(LAST_REQUESTS);
        Replication.handOver(context.getManager());
        tomcat.stop();
        tomcat.destroy();
        database.close();
    }

    /** Counts outside the host, whose valves still change an answer's status. */
    private Connector metrics() {
        RequestCounter requests = new RequestCounter();
        tomcat.getEngine().getPipeline().addValve(requests);
        MetricsServlet servlet = new MetricsServlet(requests, () -> context.getManager().getActiveSessions());
        return MetricsService.addTo(tomcat, settings.metricsPort(), servlet);
    }

    private Connector connector() {
        Connector connector = new Connector("org.apache.coyote.http11.Http11NioProtocol");
        connector.setPort(settings.port());
        connector.setURIEncoding("UTF-8");
        connector.setMaxParameterCount(MAX_PARAMETERS);
        connector.setProperty("maxSwallowSize", Integer.toString(MAX_SWALLOW_BYTES));
        connector.setProperty("connectionTimeout", Integer.toString(CONNECTION_TIMEOUT_MILLIS));
        connector.setProperty("keepAliveTimeout", Integer.toString(KEEP_ALIVE_MILLIS));
        connector.setProperty("maxKeepAliveRequests", "-1");
        return connector;
    }

    private void configureHost(StandardHost host) {
        ErrorReportValve errors = new ErrorReportValve();
        errors.setShowReport(false);
        errors.setShowServerInfo(false);
        host.getPipeline().addValve(errors);
        RemoteIpValve proxy = new RemoteIpValve(); // the session cookie is marked secure where the ingress ends TLS
        proxy.setProtocolHeader("X-Forwarded-Proto");
        host.getPipeline().addValve(proxy);
        if (settings.accessLog()) {
            host.getPipeline().addValve(new AccessLog());
        }
    }
}
