package timonier.enitodo.todo;

import java.io.Serializable;

/**
 * One thing to do.
 *
 * @param id of a row in the database from 1 on, of a draft below 1
 * @param filename name of its upload, null for none
 * @param draft kept in the session only
 */
public record TodoItem(long id, String name, String category, String filename, boolean complete, boolean draft)
        implements Serializable {

    /** Longest name, category and file name, in UTF-16 units as browsers count: no column is narrower. */
    public static final int MAX_TEXT = 255;
}
