"""Speaks Kakao: OAuth 2.0, OpenID Connect and the user API; knows neither Flask nor SQL.

``client`` is the way in.  ``forms`` says what is sent, ``http`` is the one place that calls out (over the
connections of ``transport``), ``responses`` turns answers into values, and into errors by ``error_codes``.
``id_token`` proves an id_token with the keys of ``jwks``; ``profile`` cleans what people wrote about themselves.
``patience`` bounds how many threads wait while Kakao is slow; ``processes`` tells children from parents.
"""
