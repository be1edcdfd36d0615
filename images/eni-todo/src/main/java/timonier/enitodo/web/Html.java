package timonier.enitodo.web;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Makes text safe inside a page. */
public final class Html {

    private Html() {
    }

    /** The text with everything escaped that means something in HTML text or in a quoted attribute; "" for null. */
    public static String text(Object value) {
        String raw = value == null ? "" : value.toString();
        StringBuilder safe = new StringBuilder(raw.length() + 16);
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.append(c);
            }
        }
        return safe.toString();
    }

    /** The text as one segment of an address. */
    public static String segment(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
