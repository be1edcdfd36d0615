package timonier.enitodo.todo;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

import jakarta.servlet.http.HttpSession;

/**
 * A session's drafts. A value: each change makes a new one and sets the attribute again, because that is what
 * session replication takes notice of.
 *
 * @param nextId number of the next draft: 0, -1, -2 … so that none is mistaken for a row of the database
 */
public record Drafts(long nextId, List<TodoItem> items) implements Serializable {

    public static final String ATTRIBUTE = "timonier.enitodo.drafts";
    private static final Drafts NONE = new Drafts(0, List.of());

    public static Drafts of(HttpSession session) {
        return session.getAttribute(ATTRIBUTE) instanceof Drafts drafts ? drafts : NONE;
    }

    /** Two requests of one session may change it at once: each reads and writes under the same lock. */
    public static synchronized void change(HttpSession session, UnaryOperator<Drafts> change) {
        session.setAttribute(ATTRIBUTE, change.apply(of(session)));
    }

    public Drafts with(String name, String category, String filename) {
        List<TodoItem> all = new ArrayList<>(items);
        all.add(new TodoItem(nextId, name, category, filename, false, true));
        return new Drafts(nextId - 1, List.copyOf(all));
    }

    public Drafts without(long id) {
        return new Drafts(nextId, items.stream().filter(item -> item.id() != id).toList());
    }

    public Optional<TodoItem> find(long id) {
        return items.stream().filter(item -> item.id() == id).findFirst();
    }
}
