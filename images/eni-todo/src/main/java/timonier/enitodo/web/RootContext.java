package timonier.enitodo.web;

import java.io.IOException;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.Tomcat;

/** The server's root: leads to the application, and answers 404 to everything else. */
public final class RootContext {

    private RootContext() {
    }

    public static void addTo(Tomcat tomcat) {
        StandardContext context = (StandardContext) tomcat.addContext("", null);
        TodoContext.endWithServer(context);
        context.addServletContainerInitializer(
                (classes, servlets) -> servlets.addServlet("root", new ToApplication()).addMapping(""), null);
    }

    private static final class ToApplication extends HttpServlet {
        private static final long serialVersionUID = 1L;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.sendRedirect(TodoContext.PATH + "/");
        }
    }
}
