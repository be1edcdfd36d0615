package timonier.enitodo.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where the items are kept and as whom to log in.
 *
 * @param url JDBC address
 * @param user login, null for none
 * @param password the password itself, null when it is in a file or there is none
 * @param passwordFile file that holds the password, null for none; read at every connection, because a mounted
 *                     secret changes while the application runs
 */
public record DatabaseSettings(String url, String user, String password, Path passwordFile) {

    /** Lives as long as the process: the default is for trying the application out. */
    static final String EMBEDDED_URL = "jdbc:h2:mem:db_todo;MODE=MySQL;DATABASE_TO_LOWER=TRUE;DB_CLOSE_DELAY=-1";

    static DatabaseSettings from(Map<String, String> env) {
        String url = Settings.text(env, "DB_DTB_JDBC_URL", EMBEDDED_URL);
        if (!url.startsWith("jdbc:mariadb:") && !url.startsWith("jdbc:mysql:") && !url.startsWith("jdbc:h2:")) {
            throw new SettingsException("Environment variable DB_DTB_JDBC_URL starts with none of jdbc:mariadb:, "
                    + "jdbc:mysql: and jdbc:h2:; give for instance jdbc:mariadb://mariadb:3306/db_todo.");
        }
        String file = Settings.text(env, "DB_DTB_PASSWORD_FILE", "");
        return new DatabaseSettings(url, env.get("DB_DTB_USERNAME"), env.get("DB_DTB_PASSWORD"),
                file.isEmpty() ? null : Path.of(file));
    }

    public boolean embedded() {
        return url.equals(EMBEDDED_URL);
    }

    /** The password as it is now; null for none. A trailing line end is the editor's, not the password's. */
    public String currentPassword() throws IOException {
        return passwordFile == null ? password : Files.readString(passwordFile).replaceAll("[\r\n]+$", "");
    }

    /** The address without what follows '?' or ';', where credentials may stand: fit for a log. */
    public String publicUrl() {
        return url.split("[?;]", 2)[0];
    }

    /** Names no password: a record would print it. */
    @Override
    public String toString() {
        return "DatabaseSettings[" + publicUrl() + "]";
    }
}
