# A server for a classroom: docker build -t diffviz . && docker run -p 7860:7860 diffviz
FROM python:3.12-slim

# the CPU build of torch, which is a tenth of the size
RUN pip install --no-cache-dir "torch>=2.10,<2.14" --index-url https://download.pytorch.org/whl/cpu
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY app.py README.md LICENSE ./
COPY diffviz diffviz
COPY checkpoints checkpoints

# not root. Files for visitors are among the system's temporary files, 200 MB at most; the home keeps matplotlib's list of fonts and,
# if DIFFVIZ_HUB_MODELS or DIFFVIZ_HUB_DATA list any, networks (4 GB at most) and data from the hub
RUN useradd --create-home visitor
USER visitor
ENV GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=7860 PYTHONUNBUFFERED=1 DIFFVIZ_LOG=json
EXPOSE 7860
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/health', timeout=4)"]
CMD ["python", "app.py"]
