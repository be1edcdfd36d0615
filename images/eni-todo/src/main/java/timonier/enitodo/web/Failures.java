package timonier.enitodo.web;

import java.io.IOException;
import java.sql.SQLException;
import java.util.logging.Logger;

import jakarta.servlet.http.HttpServletResponse;

/** What goes wrong, told to the user in a sentence (error.jsp shows it) and to the log in a line. */
final class Failures {

    private static final Logger LOG = Logger.getLogger(Failures.class.getName());
    private static final int RETRY_SECONDS = 5;

    private Failures() {
    }

    static void databaseDown(HttpServletResponse response, SQLException cause) throws IOException {
        LOG.warning("Database: " + rootMessage(cause));
        response.setIntHeader("Retry-After", RETRY_SECONDS);
        response.sendError(HttpServletResponse.SC_SERVICE_UNAVAILABLE,
                "The database does not answer. Nothing of what was saved is lost; try again in a few seconds.");
    }

    static void uploadTooLarge(HttpServletResponse response) throws IOException {
        response.sendError(HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE,
                "The file is larger than 1024 KB: choose a smaller one. Nothing was added.");
    }

    static void uploadNotStored(HttpServletResponse response, IOException cause) throws IOException {
        LOG.warning("Upload not stored: " + cause);
        response.sendError(HttpServletResponse.SC_INTERNAL_SERVER_ERROR,
                "The file could not be stored on the server. Nothing was added; try again without a file.");
    }

    static void badRequest(HttpServletResponse response, String message) throws IOException {
        response.sendError(HttpServletResponse.SC_BAD_REQUEST, message);
    }

    private static String rootMessage(Throwable thrown) {
        Throwable root = thrown;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        String message = thrown.getMessage();
        return root == thrown ? message : message + " (" + root.getMessage() + ")";
    }
}
