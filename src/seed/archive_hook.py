__path__.append(__path__[0] + "/_pip.zip/pip")


def _add_archive_hook(archive):
    """Gives code from the archive the absolute path of its file: in the archive it has that within the archive,
    which a traceback or a debugger would look up in the current directory."""
    import _imp
    import sys
    import zipimport

    class Importer(zipimport.zipimporter):
        def __init__(self, path):
            if not path.replace("\\", "/").startswith(archive):
                raise ImportError("not below " + archive)
            super().__init__(path)

        def create_module(self, spec):
            return None

        def exec_module(self, module):
            code = self.get_code(module.__name__)
            origin = module.__spec__.origin
            _imp._fix_co_filename(code, origin[:-1] if origin.endswith(".pyc") else origin)
            exec(code, module.__dict__)

    if sys.implementation.name == "cpython":
        sys.path_hooks.insert(0, Importer)


_add_archive_hook(__path__[1].replace("\\", "/"))
del _add_archive_hook
