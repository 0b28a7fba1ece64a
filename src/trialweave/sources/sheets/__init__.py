"""Tables as they are found: CSV in its dialects, and the sheets of workbooks, as one kind of row.

`table` gives rows of either, `workbook` reads the files of spreadsheet programs within limits, and
`rows` shows a row to people. Nothing here knows what a column means.
"""
