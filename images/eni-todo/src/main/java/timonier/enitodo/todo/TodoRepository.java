package timonier.enitodo.todo;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * The items in the database. The table is made when a statement misses it: at the first request, and again when the
 * database came back empty, so neither has to be there before the other.
 */
public final class TodoRepository {

    private static final String CREATE = """
            CREATE TABLE IF NOT EXISTS todo_item (
              id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
              name VARCHAR(255) NOT NULL,
              category VARCHAR(255),
              filename VARCHAR(255),
              complete BOOLEAN NOT NULL DEFAULT FALSE,
              onlyinsession BOOLEAN NOT NULL DEFAULT FALSE
            ) DEFAULT CHARSET=utf8mb4""";
    /** A table made by Hibernate numbers its rows from a sequence of its own. */
    private static final String NUMBER_ROWS = "ALTER TABLE todo_item MODIFY id BIGINT NOT NULL AUTO_INCREMENT";
    private static final int MARIADB_NO_DEFAULT_VALUE = 1364;

    private final Database database;

    public TodoRepository(Database database) {
        this.database = database;
    }

    public List<TodoItem> all() throws SQLException {
        return run(connection -> {
            try (PreparedStatement query = connection.prepareStatement(
                    "SELECT id, name, category, filename, complete FROM todo_item ORDER BY id");
                 ResultSet rows = query.executeQuery()) {
                List<TodoItem> items = new ArrayList<>();
                while (rows.next()) {
                    items.add(new TodoItem(rows.getLong(1), rows.getString(2), rows.getString(3), rows.getString(4),
                            rows.getBoolean(5), false));
                }
                return items;
            }
        });
    }

    public void add(String name, String category, String filename, boolean complete) throws SQLException {
        execute("INSERT INTO todo_item (name, category, filename, complete, onlyinsession) VALUES (?, ?, ?, ?, FALSE)",
                name, category, filename, complete);
    }

    public void setComplete(long id, boolean complete) throws SQLException {
        execute("UPDATE todo_item SET complete = ? WHERE id = ?", complete, id);
    }

    public void delete(long id) throws SQLException {
        execute("DELETE FROM todo_item WHERE id = ?", id);
    }

    private void execute(String sql, Object... values) throws SQLException {
        run(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < values.length; i++) {
                    statement.setObject(i + 1, values[i]);
                }
                return statement.executeUpdate();
            }
        });
    }

    private interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    private <T> T run(Work<T> work) throws SQLException {
        try (Connection connection = database.connection()) {
            try {
                return work.on(connection);
            } catch (SQLException e) {
                String remedy = remedy(e);
                if (remedy == null) {
                    throw e;
                }
                try (Statement statement = connection.createStatement()) {
                    statement.execute(remedy);
                }
                return work.on(connection);
            }
        }
    }

    /** The statement that makes the table fit, null when the table is not what failed. 42S0x: no such table. */
    private static String remedy(SQLException e) {
        if (e.getSQLState() != null && e.getSQLState().startsWith("42S0")) {
            return CREATE;
        }
        return e.getErrorCode() == MARIADB_NO_DEFAULT_VALUE ? NUMBER_ROWS : null;
    }
}
