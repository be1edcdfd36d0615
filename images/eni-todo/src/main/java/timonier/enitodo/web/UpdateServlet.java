package timonier.enitodo.web;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import timonier.enitodo.todo.Drafts;
import timonier.enitodo.todo.TodoItem;
import timonier.enitodo.todo.TodoRepository;

/**
 * Completes or deletes what the list's form names: fields todoList[N].id, .complete and .delete. A draft that is
 * completed moves to the database. Names and categories are known here and not taken from the form.
 */
final class UpdateServlet extends HttpServlet {

    private static final Pattern ID_FIELD = Pattern.compile("todoList\\[(\\d{1,9})]\\.id");
    private static final long serialVersionUID = 1L;

    private final transient TodoRepository repository;

    UpdateServlet(TodoRepository repository) {
        this.repository = repository;
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        try {
            for (int row : rows(request)) {
                update(request, "todoList[" + row + "].");
            }
        } catch (NumberFormatException e) {
            Failures.badRequest(response, "An item's number is not a number: load the list again.");
            return;
        } catch (SQLException e) {
            Failures.databaseDown(response, e);
            return;
        }
        response.sendRedirect(request.getContextPath() + "/");
    }

    private static TreeSet<Integer> rows(HttpServletRequest request) {
        TreeSet<Integer> rows = new TreeSet<>();
        for (String field : request.getParameterMap().keySet()) {
            Matcher id = ID_FIELD.matcher(field);
            if (id.matches()) {
                rows.add(Integer.valueOf(id.group(1)));
            }
        }
        return rows;
    }

    private void update(HttpServletRequest request, String row) throws SQLException {
        long id = Long.parseLong(request.getParameter(row + "id").strip());
        boolean delete = Fields.checked(request, row + "delete");
        boolean complete = Fields.checked(request, row + "complete");
        if (id < 1) {
            updateDraft(request.getSession(), id, complete, delete);
        } else if (delete) {
            repository.delete(id);
        } else {
            repository.setComplete(id, complete);
        }
    }

    private void updateDraft(HttpSession session, long id, boolean complete, boolean delete) throws SQLException {
        Optional<TodoItem> draft = Drafts.of(session).find(id);
        if (draft.isEmpty() || !(complete || delete)) {
            return;
        }
        if (!delete) {
            TodoItem item = draft.get();
            repository.add(item.name(), item.category(), item.filename(), true);
        }
        Drafts.change(session, drafts -> drafts.without(id));
    }
}
