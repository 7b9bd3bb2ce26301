"""From files to checked, prepared, sliced tables.

Table descriptions, the Data Package, screening, country profiles, importers for open data, the store and the
demo data. May use ``framework``; knows no statistics and draws nothing.
"""
