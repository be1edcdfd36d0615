package timonier.enitodo.web;

import jakarta.servlet.http.HttpServletRequest;
import timonier.enitodo.todo.TodoItem;

/** Reads form fields. */
final class Fields {

    private Fields() {
    }

    /** The field without surrounding blanks, "" when absent; throws IllegalArgumentException when it is too long. */
    static String text(HttpServletRequest request, String field) {
        String value = request.getParameter(field);
        String text = value == null ? "" : value.strip();
        if (text.length() > TodoItem.MAX_TEXT) {
            throw new IllegalArgumentException("The " + field + " is longer than " + TodoItem.MAX_TEXT
                    + " characters: shorten it.");
        }
        return text;
    }

    /** Whether a check box was ticked: browsers send "on", or the value the page gave it. */
    static boolean checked(HttpServletRequest request, String field) {
        String value = request.getParameter(field);
        return value != null && switch (value.strip().toLowerCase()) {
            case "true", "on", "1", "yes" -> true;
            default -> false;
        };
    }
}
