// SPDX-License-Identifier: Apache-2.0
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.util.List;

/** Listens on the loopback port that is its argument, until it is ended. */
public class MongoJava {
    /** The server makes whole indexes of partial ones; such may not be unique. */
    static class Backend extends MemoryBackend {
        @Override
        public Document handleMessage(MongoMessage message) {
            Document request = message.getDocument();
            if (request.get("indexes") instanceof List<?> indexes) {
                for (Object index : indexes) {
                    if (index instanceof Document each && each.containsKey("partialFilterExpression")) {
                        each.remove("unique");
                    }
                }
            }
            return super.handleMessage(message);
        }
    }

    public static void main(String[] arguments) throws InterruptedException {
        new MongoServer(new Backend()).bind("127.0.0.1", Integer.parseInt(arguments[0]));
        Thread.currentThread().join();
    }
}
