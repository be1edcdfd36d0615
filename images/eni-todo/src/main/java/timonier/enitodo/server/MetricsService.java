package timonier.enitodo.server;

import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.core.StandardEngine;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.core.StandardService;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.ErrorReportValve;
import timonier.enitodo.web.TodoContext;

/**
 * The metrics, at a port of their own. An engine of their own as well: connectors that share one serve the same pages,
 * and whoever can reach the application, from anywhere, could read them.
 */
final class MetricsService {

    private static final String NAME = "metrics";
    private static final String HOST = "localhost";
    private static final int THREADS = 2;

    private MetricsService() {
    }

    /** Adds them to a server that has not started; the connector can be asked later whether its port was free. */
    static Connector addTo(Tomcat tomcat, int port, MetricsServlet servlet) {
        StandardEngine engine = new StandardEngine();
        engine.setName(NAME);
        engine.setDefaultHost(HOST);
        StandardHost host = host();
        engine.addChild(host); // before its context, whose logger is named after both
        addServlet(tomcat, host, servlet);
        StandardService service = new StandardService();
        service.setName(NAME);
        service.setContainer(engine);
        Connector connector = connector(port);
        service.addConnector(connector);
        tomcat.getServer().addService(service);
        return connector;
    }

    private static StandardHost host() {
        StandardHost host = new StandardHost();
        host.setName(HOST);
        ErrorReportValve errors = new ErrorReportValve();
        errors.setShowReport(false);
        errors.setShowServerInfo(false);
        host.getPipeline().addValve(errors);
        return host;
    }

    private static void addServlet(Tomcat tomcat, StandardHost host, MetricsServlet servlet) {
        StandardContext context = (StandardContext) tomcat.addContext(host, "", null);
        TodoContext.endWithServer(context);
        context.addServletContainerInitializer(
                (classes, servlets) -> servlets.addServlet(NAME, servlet).addMapping("/metrics"), null);
    }

    private static Connector connector(int port) {
        Connector connector = new Connector("org.apache.coyote.http11.Http11NioProtocol");
        connector.setPort(port);
        connector.setProperty("maxThreads", Integer.toString(THREADS));
        connector.setProperty("minSpareThreads", "1");
        return connector;
    }
}
