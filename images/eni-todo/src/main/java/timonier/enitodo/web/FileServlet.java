package timonier.enitodo.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import timonier.enitodo.todo.UploadStore;

/** Gives an upload back. Always as a download: a page somebody uploaded must not run as one of this site. */
final class FileServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    private final transient UploadStore uploads;

    FileServlet(UploadStore uploads) {
        this.uploads = uploads;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = request.getPathInfo();
        Optional<Path> file = path == null ? Optional.empty() : uploads.find(path.substring(1));
        if (file.isEmpty()) {
            response.sendError(HttpServletResponse.SC_NOT_FOUND, "There is no such file.");
            return;
        }
        response.setContentType("application/octet-stream");
        response.setContentLengthLong(Files.size(file.get()));
        response.setHeader("Content-Disposition", "attachment; filename*=UTF-8''" + encode(file.get()));
        Files.copy(file.get(), response.getOutputStream());
    }

    private static String encode(Path file) {
        return Html.segment(file.getFileName().toString());
    }
}
