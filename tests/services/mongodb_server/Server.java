import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.util.List;
import java.util.Set;

/**
 * MongoDB's protocol over an H2 file: {@code Server PORT FILE}, on the loopback interface.
 *
 * <p>H2 writes about once a second by itself. Here a write is in the file before it is answered, so that what a killed
 * server acknowledged is there when it comes back.
 */
public final class Server {
    /** What current drivers ask for at least. */
    private static final MongoVersion VERSION = new MongoVersion() {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(4, 4, 0);
        }

        @Override
        public int getWireVersion() {
            return 9;
        }

        @Override
        public String toVersionString() {
            return "4.4.0";
        }
    };

    private static final Set<String> READS =
        Set.of("hello", "ismaster", "ping", "find", "getMore", "count", "aggregate", "distinct", "listCollections",
               "listIndexes", "killCursors", "buildInfo", "endSessions");

    private static final class Durable extends H2Backend {
        Durable(String file) {
            super(file);
        }

        @Override
        public Document handleMessage(MongoMessage message) {
            Document answer = super.handleMessage(message);
            String command = message.getDocument().keySet().iterator().next();
            if (!READS.contains(command)) {
                commit();
            }
            return answer;
        }
    }

    public static void main(String[] arguments) throws InterruptedException {
        MongoServer server = new MongoServer(new Durable(arguments[1]).version(VERSION));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
        Thread.currentThread().join();
    }
}
