import java.io.PrintWriter;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.attribute.ModuleResolutionAttribute;
import java.util.EnumSet;
import java.util.Set;
import jdk.tools.jlink.internal.Main;
import jdk.tools.jlink.internal.PluginRepository;
import jdk.tools.jlink.plugin.Plugin;
import jdk.tools.jlink.plugin.ResourcePool;
import jdk.tools.jlink.plugin.ResourcePoolBuilder;
import jdk.tools.jlink.plugin.ResourcePoolEntry;

/**
 * jlink, but the vector module in the image is a module like others: resolved without being asked for, and without a warning on standard error at every start.
 * Both are an attribute of its module-info, ModuleResolution, which is left out. Run by scripts/build with jlink's arguments:
 *
 * <pre>java --add-modules jdk.jlink --add-exports jdk.jlink/jdk.tools.jlink.{internal,plugin}=ALL-UNNAMED LinkRuntime.java ARGUMENT...</pre>
 */
final class LinkRuntime {
    private LinkRuntime() {}

    public static void main(String[] arguments) {
        PluginRepository.registerPlugin(new NoWarning());
        System.exit(Main.run(new PrintWriter(System.out, true), new PrintWriter(System.err, true), arguments));
    }

    private static final class NoWarning implements Plugin {
        private static final String MODULE_INFO = "/jdk.incubator.vector/module-info.class";

        @Override
        public String getName() {
            return "no-incubator-warning";
        }

        /** The first of all: a later plugin writes what it finds in module-infos into a class that the image starts by. */
        @Override
        public Category getType() {
            return Category.FILTER;
        }

        @Override
        public Set<State> getState() {
            return EnumSet.of(State.AUTO_ENABLED, State.FUNCTIONAL);
        }

        @Override
        public ResourcePool transform(ResourcePool in, ResourcePoolBuilder out) {
            in.transformAndCopy(entry -> entry.path().equals(MODULE_INFO) ? quiet(entry) : entry, out);
            return out.build();
        }

        private static ResourcePoolEntry quiet(ResourcePoolEntry moduleInfo) {
            ClassFile classFile = ClassFile.of();
            return moduleInfo.copyWithContent(classFile.transformClass(classFile.parse(moduleInfo.contentBytes()),
                ClassTransform.dropping(ModuleResolutionAttribute.class::isInstance)));
        }
    }
}
