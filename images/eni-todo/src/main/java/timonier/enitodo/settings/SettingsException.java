package timonier.enitodo.settings;

/** The environment asks for something that cannot be done; the message says what, where and what to do. */
public final class SettingsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SettingsException(String message) {
        super(message);
    }
}
