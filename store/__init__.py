"""What is remembered: a folder a subject, each with the modules that read and write it.

    operations     retention, wrong clocks, signs of life, the state of the service
    exports · reprocessing · intake · crawl
    articles       an article's way from bytes to a tagged revision
    stories        which texts are one story
    backup         the whole store in one file
    events · search
    history        what was shown when
    database       the connection, its locks, migrations, views, analysts' ways in
    tables         the rows

A folder imports from those below it. Every write is one transaction (`Database.writing`) behind
one function; nothing else in the house writes SQL. A new table goes to `tables/` with a migration
beside it, a new query to the module that is named after its subject.
"""
