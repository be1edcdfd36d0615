package timonier.enitodo.todo;

import java.io.IOException;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Properties;
import java.util.logging.Logger;

import javax.sql.DataSource;

import org.apache.tomcat.jdbc.pool.PoolProperties;
import timonier.enitodo.settings.DatabaseSettings;

/** Tomcat's connection pool. Opens nothing by itself: the application starts, and lives, without its database. */
public final class Database implements AutoCloseable {

    private static final int MAX_CONNECTIONS = 20;
    private static final int MAX_IDLE = 5;
    private static final int CONNECT_MILLIS = 2_000;
    private static final int ANSWER_MILLIS = 3_000;
    private static final int WAIT_FOR_CONNECTION_MILLIS = 3_000;
    private static final int VALIDATION_SECONDS = 1;

    private final org.apache.tomcat.jdbc.pool.DataSource pool;

    public Database(DatabaseSettings settings) {
        PoolProperties properties = new PoolProperties();
        properties.setDataSource(new FreshLogin(settings));
        properties.setInitialSize(0);
        properties.setMinIdle(0);
        properties.setMaxIdle(MAX_IDLE);
        properties.setMaxActive(MAX_CONNECTIONS);
        properties.setMaxWait(WAIT_FOR_CONNECTION_MILLIS);
        // a connection that died with the database is found out, and replaced, before a request gets it
        properties.setTestOnBorrow(true);
        properties.setValidationInterval(0);
        properties.setValidationQueryTimeout(VALIDATION_SECONDS);
        properties.setJmxEnabled(false);
        pool = new org.apache.tomcat.jdbc.pool.DataSource(properties);
    }

    public Connection connection() throws SQLException {
        return pool.getConnection();
    }

    @Override
    public void close() {
        pool.close(true);
    }

    /** Logs in with the password as it is at that moment, so a rotated secret is taken up without a restart. */
    private record FreshLogin(DatabaseSettings settings) implements DataSource {

        @Override
        public Connection getConnection() throws SQLException {
            Properties login = new Properties();
            put(login, "user", settings.user());
            put(login, "password", password());
            if (!settings.url().startsWith("jdbc:h2:")) {
                login.setProperty("connectTimeout", Integer.toString(CONNECT_MILLIS));
                login.setProperty("socketTimeout", Integer.toString(ANSWER_MILLIS));
            }
            Connection connection = driver().connect(settings.url(), login);
            if (connection == null) {
                throw new SQLException("the driver does not understand " + settings.publicUrl());
            }
            return connection;
        }

        @Override
        public Connection getConnection(String user, String password) throws SQLException {
            return getConnection();
        }

        private String password() throws SQLException {
            try {
                return settings.currentPassword();
            } catch (IOException e) {
                throw new SQLException("the password file " + settings.passwordFile() + " cannot be read", e);
            }
        }

        /** Named here and not searched for: DriverManager would load and ask both. */
        private Driver driver() {
            return settings.url().startsWith("jdbc:h2:") ? new org.h2.Driver() : new org.mariadb.jdbc.Driver();
        }

        private static void put(Properties properties, String key, String value) {
            if (value != null) {
                properties.setProperty(key, value);
            }
        }

        @Override
        public PrintWriter getLogWriter() {
            return null;
        }

        @Override
        public void setLogWriter(PrintWriter out) {
            // drivers of both databases log nothing here
        }

        @Override
        public void setLoginTimeout(int seconds) {
            // set as a property of the connection
        }

        @Override
        public int getLoginTimeout() {
            return 0;
        }

        @Override
        public Logger getParentLogger() throws SQLFeatureNotSupportedException {
            throw new SQLFeatureNotSupportedException();
        }

        @Override
        public <T> T unwrap(Class<T> type) throws SQLException {
            throw new SQLException("wraps nothing");
        }

        @Override
        public boolean isWrapperFor(Class<?> type) {
            return false;
        }
    }
}
