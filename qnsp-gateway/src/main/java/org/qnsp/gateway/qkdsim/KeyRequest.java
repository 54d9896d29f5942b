package org.qnsp.gateway.qkdsim;

import java.nio.charset.StandardCharsets;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.qnsp.core.qkd.Json;
import org.qnsp.core.qkd.JsonException;

/** Requests as the standard has them, from bodies and from queries. */
final class KeyRequest {
    private static final int NAME_BYTES = 256;
    private static final int MOST_IDS = 128;

    private KeyRequest() {
    }

    /** A request that cannot be met, in the standard's words where it has some. */
    static final class BadRequestException extends Exception {
        private static final long serialVersionUID = 1;
        /** More about it, as JSON of an object, or null. */
        private final String details;

        BadRequestException(String message) {
            this(message, null);
        }

        BadRequestException(String message, String details) {
            super(message, null, false, false);
            this.details = details;
        }

        /** As the answer has it. */
        String json() {
            return "{\"message\":" + Json.quote(getMessage()) + (details == null ? "" : ",\"details\":[" + details + "]") + "}";
        }
    }

    /** Get key. Empty where the request leaves it to the server. */
    record Fresh(Optional<Long> number, Optional<Long> size) {
        static Fresh ofQuery(String query) throws BadRequestException {
            Map<String, String> items = items(query, Set.of("number", "size"));
            return new Fresh(number(items.get("number")), number(items.get("size")));
        }

        private static Optional<Long> number(String text) throws BadRequestException {
            if (text != null && !text.matches("-?[0-9]{1,15}")) {
                throw new BadRequestException("number and size shall be integers");
            }
            return text == null ? Optional.empty() : Optional.of(Long.valueOf(text));
        }

        static Fresh ofBody(byte[] body) throws BadRequestException {
            Json.Obj object = object(body);
            List<Json> mandatory = list(object, "extension_mandatory");
            if (!mandatory.isEmpty()) {
                String name = mandatory.getFirst() instanceof Json.Obj extension && !extension.members().isEmpty() ? extension.members().keySet().iterator().next() : "";
                throw new BadRequestException("not all extension_mandatory parameters are supported", "{\"extension_mandatory_unsupported\":" + Json.quote(name) + "}");
            }
            list(object, "extension_optional"); // which are ignored
            if (!list(object, "additional_slave_SAE_IDs").isEmpty()) {
                throw new BadRequestException("additional_slave_SAE_IDs are not supported: max_SAE_ID_count is 0");
            }
            return new Fresh(number(object, "number"), number(object, "size"));
        }

        private static Optional<Long> number(Json.Obj object, String name) throws BadRequestException {
            return switch (object.get(name)) {
                case null -> Optional.empty();
                case Json.Num(String digits) -> number(digits);
                default -> throw new BadRequestException(name + " shall be an integer");
            };
        }
    }

    /** Get key with key IDs. */
    record ById(List<UUID> ids) {
        static ById ofQuery(String query) throws BadRequestException {
            return new ById(List.of(uuid(items(query, Set.of("key_ID")).get("key_ID"))));
        }

        static ById ofBody(byte[] body) throws BadRequestException {
            List<UUID> ids = new ArrayList<>();
            for (Json element : list(object(body), "key_IDs")) {
                ids.add(uuid(element instanceof Json.Obj name && name.get("key_ID") instanceof Json.Text text ? string(text) : null));
            }
            if (ids.isEmpty() || ids.size() > MOST_IDS || ids.stream().distinct().count() < ids.size()) {
                throw new BadRequestException("key_IDs shall be a list of 1 to " + MOST_IDS + " different key IDs");
            }
            return new ById(ids);
        }

        private static UUID uuid(String text) throws BadRequestException {
            if (text == null || !text.matches("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")) {
                throw new BadRequestException("key_ID shall be a UUID");
            }
            return UUID.fromString(text);
        }
    }

    /** What a query holds, each item once and of those that there are. */
    private static Map<String, String> items(String query, Set<String> known) throws BadRequestException {
        Map<String, String> items = new HashMap<>();
        if (query == null || query.isEmpty()) {
            return items;
        }
        for (String item : query.split("&", -1)) {
            int equals = item.indexOf('=');
            String name = equals < 0 ? item : item.substring(0, equals);
            if (equals < 0 || !known.contains(name) || items.put(name, item.substring(equals + 1)) != null) {
                throw new BadRequestException("the query is none of the standard; further items need POST");
            }
        }
        return items;
    }

    private static Json.Obj object(byte[] body) throws BadRequestException {
        try {
            if (Json.parse(body) instanceof Json.Obj object) {
                return object;
            }
        } catch (JsonException e) {
            // said below
        }
        throw new BadRequestException("the body shall be a JSON object");
    }

    private static List<Json> list(Json.Obj object, String name) throws BadRequestException {
        return switch (object.get(name)) {
            case null -> List.of();
            case Json.Arr(List<Json> elements) -> elements;
            default -> throw new BadRequestException(name + " shall be a list");
        };
    }

    private static String string(Json.Text text) throws BadRequestException {
        try {
            return text.string(NAME_BYTES);
        } catch (JsonException e) {
            throw new BadRequestException("a text is too long");
        }
    }

    /** A segment of a path without its escapes; null for what cannot be read. */
    static String segment(String escaped) {
        try {
            return URLDecoder.decode(escaped.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
