package timonier.enitodo.web;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.BooleanSupplier;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.SessionTrackingMode;
import org.apache.catalina.Context;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.jasper.servlet.JasperInitializer;
import org.apache.tomcat.util.descriptor.web.ErrorPage;
import org.apache.tomcat.util.http.Rfc6265CookieProcessor;
import timonier.enitodo.settings.Settings;
import timonier.enitodo.todo.Database;
import timonier.enitodo.todo.TodoRepository;
import timonier.enitodo.todo.UploadStore;
import timonier.enitodo.web.jsp.error_jsp;
import timonier.enitodo.web.jsp.list_jsp;
import timonier.enitodo.web.jsp.session_jsp;

/** The application's servlets and where they answer. Its pages are JSP, compiled when the image is built. */
public final class TodoContext {

    public static final String PATH = "/eni-todo";
    private static final String ERROR_PAGE = "/WEB-INF/error.jsp";
    private static final int SESSION_MINUTES = 30;

    private TodoContext() {
    }

    /**
     * Adds the application to a server that has not started.
     *
     * @param webapp directory of the files served as they are
     * @param draining whether the process is ending
     */
    public static Context addTo(Tomcat tomcat, Path webapp, Settings settings, Database database,
                                BooleanSupplier draining) {
        StandardContext context = (StandardContext) tomcat.addContext(PATH, webapp.toAbsolutePath().toString());
        endWithServer(context);
        context.setRequestCharacterEncoding("UTF-8");
        context.setResponseCharacterEncoding("UTF-8");
        context.addMimeMapping("css", "text/css");
        context.addMimeMapping("svg", "image/svg+xml");
        Rfc6265CookieProcessor cookies = new Rfc6265CookieProcessor();
        cookies.setSameSiteCookies("lax");
        context.setCookieProcessor(cookies);
        context.setUseHttpOnly(true);
        ErrorPage everyError = new ErrorPage();
        everyError.setLocation(ERROR_PAGE);
        context.addErrorPage(everyError);
        context.addServletContainerInitializer(
                (classes, servlets) -> register(servlets, settings, database, draining), null);
        return context;
    }

    /** No search for what an undeployed application leaves in a running server: here both end together. */
    public static void endWithServer(StandardContext context) {
        context.setClearReferencesObjectStreamClassCaches(false);
        context.setClearReferencesRmiTargets(false);
        context.setClearReferencesThreadLocals(false);
    }

    private static void register(ServletContext servlets, Settings settings, Database database,
                                 BooleanSupplier draining) {
        servlets.setSessionTrackingModes(Set.of(SessionTrackingMode.COOKIE)); // no session in an address
        servlets.setSessionTimeout(SESSION_MINUTES);
        servlets.setAttribute("hostname", settings.hostname());
        TodoRepository repository = new TodoRepository(database);
        UploadStore uploads = new UploadStore(settings.uploads());
        add(servlets, new ListServlet(repository), "");
        add(servlets, new AddServlet(repository, uploads), "/add").setMultipartConfig(AddServlet.multipart());
        add(servlets, new UpdateServlet(repository), "/update");
        add(servlets, new FileServlet(uploads), "/files/*");
        add(servlets, new HealthServlet(draining), "/healthz");
        add(servlets, new SessionServlet(), "/BasicServlet");
        add(servlets, new DefaultServlet(), "/");
        addPages(servlets);
        servlets.addFilter("headers", new HeadersFilter())
                .addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), false, "/*");
    }

    /** The compiled pages, under the names the servlets forward to; below WEB-INF no client reaches them. */
    private static void addPages(ServletContext servlets) {
        new JasperInitializer(); // its static block gives compiled pages their runtime
        add(servlets, new list_jsp(), ListServlet.PAGE);
        add(servlets, new session_jsp(), SessionServlet.PAGE);
        add(servlets, new error_jsp(), ERROR_PAGE);
    }

    private static ServletRegistration.Dynamic add(ServletContext servlets, Servlet servlet, String pattern) {
        ServletRegistration.Dynamic registration =
                servlets.addServlet(servlet.getClass().getSimpleName(), servlet);
        registration.addMapping(pattern);
        return registration;
    }
}
