package timonier.enitodo.web;

import java.io.IOException;
import java.io.InputStream;
import java.sql.SQLException;

import jakarta.servlet.MultipartConfigElement;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.Part;
import timonier.enitodo.todo.Drafts;
import timonier.enitodo.todo.TodoRepository;
import timonier.enitodo.todo.UploadStore;

/** Adds an item, with its upload, to the database or to the session's drafts. */
final class AddServlet extends HttpServlet {

    /** Room for the form's other fields and the parts' headers. */
    private static final long FORM_BYTES = 64L * 1024;
    private static final long serialVersionUID = 1L;

    private final transient TodoRepository repository;
    private final transient UploadStore uploads;

    AddServlet(TodoRepository repository, UploadStore uploads) {
        this.repository = repository;
        this.uploads = uploads;
    }

    /** The limits of the form; its parts stay in memory, so that no temporary file is needed. */
    static MultipartConfigElement multipart() {
        long request = UploadStore.MAX_BYTES + FORM_BYTES;
        return new MultipartConfigElement("", UploadStore.MAX_BYTES, request, (int) request);
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        Part file;
        try {
            file = file(request);
        } catch (IllegalStateException e) { // what the servlet API throws for a part or a form over its limit
            Failures.uploadTooLarge(response);
            return;
        }
        try {
            add(request, response, file);
        } catch (IllegalArgumentException e) {
            Failures.badRequest(response, e.getMessage());
        } catch (SQLException e) {
            Failures.databaseDown(response, e);
        }
    }

    private void add(HttpServletRequest request, HttpServletResponse response, Part file)
            throws IOException, SQLException {
        String name = Fields.text(request, "name");
        String category = Fields.text(request, "category");
        if (name.isEmpty()) {
            throw new IllegalArgumentException("The task has no name: give it one.");
        }
        String stored;
        try {
            stored = store(file);
        } catch (IOException e) {
            Failures.uploadNotStored(response, e);
            return;
        }
        if (Fields.checked(request, "onlyinsession")) {
            Drafts.change(request.getSession(), drafts -> drafts.with(name, category, stored));
        } else {
            repository.add(name, category, stored, false);
        }
        response.sendRedirect(request.getContextPath() + "/");
    }

    private static Part file(HttpServletRequest request) throws ServletException, IOException {
        String type = request.getContentType();
        if (type == null || !type.toLowerCase().startsWith("multipart/form-data")) {
            return null;
        }
        Part file = request.getPart("file");
        // a browser sends an empty part where no file was chosen
        return file == null || file.getSubmittedFileName() == null || file.getSubmittedFileName().isEmpty()
                ? null : file;
    }

    private String store(Part file) throws IOException {
        if (file == null) {
            return null;
        }
        try (InputStream content = file.getInputStream()) {
            return uploads.save(file.getSubmittedFileName(), content);
        }
    }
}
