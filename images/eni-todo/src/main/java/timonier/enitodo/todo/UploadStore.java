package timonier.enitodo.todo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** The directory of uploads: flat, one file a name, the last upload of a name wins. */
public final class UploadStore {

    /** Largest upload in bytes: 1024 KB. */
    public static final long MAX_BYTES = 1024L * 1024;
    /** File systems count bytes, and a character of UTF-8 has up to four; a quarter of 255, and room for the suffix. */
    private static final int MAX_NAME_BYTES = 200;

    private final Path directory;

    public UploadStore(Path directory) {
        this.directory = directory;
    }

    /** Stores a file under its safe name and returns that name; throws IOException when the directory refuses. */
    public String save(String submittedName, InputStream content) throws IOException {
        String name = safeName(submittedName).orElseThrow(
                () -> new IllegalArgumentException("The file's name cannot be used: rename it and try again."));
        Path partial = Files.createTempFile(directory, ".upload-", ".part");
        try {
            Files.copy(content, partial, StandardCopyOption.REPLACE_EXISTING);
            Files.move(partial, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(partial);
        }
        return name;
    }

    /** The stored file of that very name, if there is one. */
    public Optional<Path> find(String name) {
        return safeName(name).filter(name::equals).map(directory::resolve)
                .filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS));
    }

    /**
     * The last component of what the browser sent, or nothing when that could leave the directory, hide in it (leading
     * dot) or break a header or a log line (control characters).
     */
    static Optional<String> safeName(String submitted) {
        String name = submitted.substring(Math.max(submitted.lastIndexOf('/'), submitted.lastIndexOf('\\')) + 1)
                .strip();
        boolean usable = !name.isEmpty() && !name.startsWith(".")
                && name.chars().noneMatch(Character::isISOControl)
                && name.getBytes(java.nio.charset.StandardCharsets.UTF_8).length <= MAX_NAME_BYTES;
        try {
            return usable ? Optional.of(Path.of(name).getFileName().toString()) : Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }
}
