import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sumOf } from './text.ts';

const page = `# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"} 3 1395066363000
http_requests_total_created{method="post"} 9
jobs_done 12.5
jobs_failed 1.2e3
escaped{path="C:\\\\DIR\\\\", error="Cannot find file:\\n\\"FILE.TXT\\"" , } 7
odd{le="+Inf"} NaN
odd{le="1"} +Inf
odd{le="2"} 4
broken{method="post} 5
`;

test('series are summed up over the labels that are not asked for', () => {
  assert.equal(sumOf(page, 'http_requests_total', {}), 1030);
  assert.equal(sumOf(page, 'http_requests_total', { code: '400' }), 3);
  assert.equal(sumOf(page, 'http_requests_total', { code: '400', method: 'get' }), null);
});

test('a name is the whole name', () => {
  assert.equal(sumOf(page, 'jobs_done', {}), 12.5);
  assert.equal(sumOf(page, 'jobs_failed', {}), 1200);
  assert.equal(sumOf(page, 'jobs', {}), null);
  assert.equal(sumOf(page, '# TYPE http_requests_total', {}), null);
});

test('labels are compared as they are meant, not as they are written', () => {
  assert.equal(sumOf(page, 'escaped', { path: 'C:\\DIR\\', error: 'Cannot find file:\n"FILE.TXT"' }), 7);
});

test('what is no number is left out, and a broken line is no series', () => {
  assert.equal(sumOf(page, 'odd', {}), 4);
  assert.equal(sumOf(page, 'broken', {}), null);
});
