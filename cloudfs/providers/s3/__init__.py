"""S3 and what is compatible with it: folders made of keys, on stores that differ (reference).

The map, from the wire upwards: `endpoint` says where a bucket is and `signing` proves who asks;
`connection` sends one request, and learns from a refusal what can be learnt; `wire`, `headers`
and `refusals` read the answers; `api` has the service's calls. `keys` and `entries` make files
and folders of keys. On these stand the parts that do our verbs: `looking`, `listings`,
`folders`, `links`, `uploads` (with `conditions`, `bodies`, `multipart` and `parts`), `copying`,
`moving`, `removing`; and the facets: `trash` and `versions` (over `histories`), `tree`, `sharing`.
`provider` puts them together.
"""
