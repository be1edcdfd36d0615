package timonier.enitodo.server;

import java.io.CharArrayWriter;

import org.apache.catalina.valves.AbstractAccessLogValve;
import timonier.enitodo.web.HealthServlet;

/** A line a request on standard output; requests that carry {@link HealthServlet#QUIET} leave none. */
final class AccessLog extends AbstractAccessLogValve {

    AccessLog() {
        setPattern("%{yyyy-MM-dd'T'HH:mm:ss.SSS'Z'}t ACCESS %a \"%m %U %H\" %s %B %Dus session=%S");
        setConditionUnless(HealthServlet.QUIET);
    }

    @Override
    protected void log(CharArrayWriter message) {
        System.out.println(message.toString());
    }
}
