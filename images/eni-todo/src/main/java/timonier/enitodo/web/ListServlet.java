package timonier.enitodo.web;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import timonier.enitodo.todo.Drafts;
import timonier.enitodo.todo.TodoItem;
import timonier.enitodo.todo.TodoRepository;

/** The list: everybody's items from the database, then this session's drafts. */
final class ListServlet extends HttpServlet {

    static final String PAGE = "/WEB-INF/list.jsp";
    private static final long serialVersionUID = 1L;

    private final transient TodoRepository repository;

    ListServlet(TodoRepository repository) {
        this.repository = repository;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        HttpSession session = request.getSession();
        try {
            List<TodoItem> items = new ArrayList<>(repository.all());
            items.addAll(Drafts.of(session).items());
            request.setAttribute("items", items);
        } catch (SQLException e) {
            Failures.databaseDown(response, e);
            return;
        }
        response.setHeader("Cache-Control", "no-store");
        request.getRequestDispatcher(PAGE).forward(request, response);
    }
}
