package timonier.enitodo.web;

import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import timonier.enitodo.todo.Drafts;

/** Shows the session, its attributes and who answers: what stickiness and replication are watched with. */
final class SessionServlet extends HttpServlet {

    static final String PAGE = "/WEB-INF/session.jsp";
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        HttpSession session = request.getSession();
        String name;
        try {
            name = Fields.text(request, "dataname");
        } catch (IllegalArgumentException e) {
            Failures.badRequest(response, e.getMessage());
            return;
        }
        if (!name.isEmpty() && !name.equals(Drafts.ATTRIBUTE)) {
            String value = request.getParameter("datavalue");
            session.setAttribute(name, value == null ? "" : value);
        }
        request.setAttribute("attributes", attributes(session));
        response.setHeader("Cache-Control", "no-store");
        request.getRequestDispatcher(PAGE).forward(request, response);
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        doGet(request, response);
    }

    private static Map<String, String> attributes(HttpSession session) {
        Map<String, String> attributes = new TreeMap<>();
        for (String name : Collections.list(session.getAttributeNames())) {
            if (session.getAttribute(name) instanceof String value) {
                attributes.put(name, value);
            }
        }
        attributes.put("drafts", Integer.toString(Drafts.of(session).items().size()));
        return attributes;
    }
}
