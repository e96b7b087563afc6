"""Who imports whom, as far as the contracts in pyproject.toml cannot say it."""

from graphlib import TopologicalSorter

import grimp  # comes with import-linter


def test_no_files_import_each_other_in_a_circle() -> None:
    """Imports inside functions and for types alone count. CycleError names the circle."""
    graph = grimp.build_graph("mlkanban", cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}

    TopologicalSorter(imports).prepare()
