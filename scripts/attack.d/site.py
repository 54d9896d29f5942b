"""A site of a few pages on a loopback port, which it prints. Page p is an HTML file that names its resources, whose sizes are the page's own."""
import http.server
import random
import re

PAGES = 8


def resources(page):
    chance = random.Random(7000 + page)
    return [int(chance.lognormvariate(7.5, 1.0)) + 200 for _ in range(chance.randrange(3, 14))]


def document(page):
    links = ''.join('<img src="/r/%d/%d">\n' % (page, i) for i in range(len(resources(page))))
    return ('<html><title>%d</title>\n%s%s</html>' % (page, 'text and more text of page %d\n' % page * random.Random(page).randrange(20, 200), links)).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        parts = re.findall(r'\d+', self.path)
        body = document(int(parts[0])) if len(parts) == 1 else random.Random(self.path).randbytes(resources(int(parts[0]))[int(parts[1])])
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == '__main__':
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
