"""Terminal, pages and API: parse input, call one operation of the workspace, show its answer.

What comes in is what a person typed or clicked; what goes out is the operation's view as lines,
HTML or JSON. The three faces have the same operations under the same names. Nothing is computed
here that another face could not show, and no received text is shown before
`publish.text.visible` has seen it. Importing this package does nothing.
"""
