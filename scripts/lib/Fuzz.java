import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;

/** Runs the methods of a test class, {@code CLASS[#METHOD[+METHOD...]]}, all without parameters if none is named. Called by scripts/fuzz. */
final class Fuzz {
    private Fuzz() {}

    public static void main(String[] arguments) throws Exception {
        String[] parts = arguments[0].split("#");
        Class<?> test = Class.forName(parts[0], true, ClassLoader.getSystemClassLoader());
        List<String> names = parts.length > 1 ? List.of(parts[1].split("\\+")) : List.of();
        Constructor<?> constructor = test.getDeclaredConstructor();
        constructor.setAccessible(true);
        int run = 0;
        for (Method method : test.getDeclaredMethods()) {
            boolean wanted = names.isEmpty() ? isTest(method) : names.contains(method.getName());
            if (wanted) {
                method.setAccessible(true);
                try {
                    method.invoke(constructor.newInstance());
                } catch (InvocationTargetException e) {
                    e.getCause().printStackTrace();
                    System.exit(1);
                }
                run++;
            }
        }
        if (run == 0 || run < names.size()) {
            System.err.println("only " + run + " methods found for " + arguments[0]);
            System.exit(1);
        }
    }

    private static boolean isTest(Method method) {
        return java.util.Arrays.stream(method.getAnnotations()).anyMatch(a -> a.annotationType().getSimpleName().equals("Test"));
    }
}
