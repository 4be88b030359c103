# Brings a Markdown page from where it lies in the source to where `make
# install` puts it: deploy/ is examples/ there, and some files lie elsewhere
# or are not installed. The test is tests/house/test_links.py.
s,\(deploy/\)\?\(slotd\.conf\.example\)](deploy/slotd\.conf\.example),\2](\2),g
s,\[api/,[,g
s,](api/,](,g
s,\[deploy/,[examples/,g
s,](deploy/,](examples/,g
s,\[\([^]]*\)](\(CONTRIBUTING\.md\|Dockerfile\|doc/performance\.md\)),\1,g
s,man doc/slotd\.conf\.5,man slotd.conf,g
# In commands.
s,\(^\|[ `]\)deploy/slotd\.conf\.example,\1@DOC@/slotd.conf.example,g
s,\(^\|[ `]\)deploy/,\1@DOC@/examples/,g
