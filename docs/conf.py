"""How the documentation is built; ``sphinx-build -W --keep-going -n docs build/docs``."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
# this copy of musicnb is described, whichever is installed
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]
# tables of limits and prices must not depend on who builds them
for name in ("MUSICNB_BASE_URL", "MUSICNB_API_KEY", "BEATRA_API_KEY"):
    os.environ.pop(name, None)

import musicnb  # noqa: E402 - the path comes first

project = "musicnb"
author = "the musicnb authors"
project_copyright = "the musicnb authors, Apache-2.0"
version = release = musicnb.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "made_pages", "names"]
exclude_patterns = ["_ext", "_static"]
suppress_warnings = ["config.cache"]

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

# a name in single backticks leads to what it names
default_role = "py:obj"
nitpicky = True
python_use_unqualified_type_names = True
maximum_signature_line_length = 88
add_module_names = False
toc_object_entries_show_parents = "hide"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = "musicnb"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/mark.svg"
html_copy_source = False
html_show_sourcelink = False
html_last_updated_fmt = None
pygments_style = "friendly"
pygments_dark_style = "github-dark"
_LIGHT = {"color-brand-primary": "#4338ca", "color-brand-content": "#4338ca"}
_DARK = {"color-brand-primary": "#a5b4fc", "color-brand-content": "#a5b4fc"}
html_theme_options = {
    "light_logo": "mark.svg",
    "dark_logo": "mark.svg",
    "light_css_variables": _LIGHT
    | {
        "font-stack": "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
        "font-stack--monospace": "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
    },
    "dark_css_variables": _DARK,
}
