import { inflateRawSync } from 'node:zlib';

export const GLYPH = { width: 10, height: 20 } as const;

/** The font's characters, in the order of their glyphs. */
const CHARACTERS = [...range(0x20, 0x7e), ...range(0xa1, 0xac), ...range(0xae, 0xff), ...'–—‘’“”…•←↑→↓'];
const UNKNOWN = '?';

/**
 * DejaVu Sans Mono Bold at 16.6 pixels, rendered by ImageMagick, baseline in row 15. Glyph after glyph, rows from the
 * top, four bits of ink per pixel, left pixel in the upper four; raw deflate, base64. The typeface is Copyright (c)
 * 2003 by Bitstream, Inc.; Bitstream Vera is its trademark; the changes by DejaVu are in the public domain.
 */
const PACKED = [
  'zVx7cFvVmf+u3pL1cqBloUkkO1B2KcSCFMoSGilAC0NLpJb1dAqhMuxMtl0CVru7053ZFotCZwItlmD/2E13E5myw85mSKTyaouJpfJusS0l',
  'vCGynACzCUl0LetpPe7Z77uSEsuRnWtFSvdk8hvde8493/nO+c73OOdLAM5+4Zh5CYAktRk/0XpdwxcSi0wAZl0AXD/0m9vJh3yuKwXqrCUC',
  'XSmn18Kw6KIf8rtgyFUGCF5YgF38U+URej+jzhojoJu1e8EYG3Itg8hDBA/j33vYUbOSTUWt2rmHZGZN5X+QS569CnBegmGHDwdCSttDgxGt',
  'kGQe+W72Xu2zagdfW4oETcoXmBdg5/ezALuvQtjAQue9wl3/16+b4fbnOLjsMSX/Gw4sT34G4HTsBlj9+hEAxdTjktlYz78DwB87DHJcDeD4',
  'AXwXOAigZiXotn/KD5QD3qFPSkF/l5D3ZeRs3yrGs1nZHmF3aRlydSpAf5uFV5dBcIYQojjrcgF/aGiIXQUEQ54gh6CnX9oigrJCn/E2hCE/',
  'Vc+SfH57CRLOEeqP6CjLJ74N4/qAj+gOxRAGCYYiCEHqNFEfi5bo9lHlRdYl+XgBQOV4QTGgLY2H/XApexpkwWTRqn/mhfUhDmvNbZ267QTC',
  'fBjCXZG/J87i7y6o6FDpRYYUzFEDlYCPOpor48Ez7PjCG67DhWGFGpyNoozjcitZHaSX1SQwovo5jn9VWRJHUZpoO8bpVa7+yl1/paRZ0kud',
  'pS8lnwYuwSpmtbCO93TNQTBkzMPQtCk3Pjhjyo0OzoiPYoXYBBvjWtBnknX7f6KuUjAE+c+jtCuWhO7o/WY1ylpaBKk0VHsrj4FeSAhWjUNO',
  'qhESCDKa7S7ak8H9uNUquMMC+ENTubwbSP37RZC8imPCs6DFLxyKy2UJ/EyWGAA9ex9nmx3G+nN5D215ccliuuvkiZCJGmsm8TPpZRVtqQCC',
  'QkBY9R5C8OsCKOdUAqzeh2DHTjMi0LaA+SCt0MRaq0DyX4XK8ceoQrDKN35OnJJARGRGZVXwfgNVaCZxiqUTmTxmg6DAuxTMJbfq5khMC9H3',
  'wMgE5jEK1sC0oQj2VBfCjBofI1xCwNW6hH9XMgkjshASgVYaxV9NSsJApOzpGgei4RKVh/7k+9gyluMbyWfQBCaR/VJ31KstgM+vKPeiKXGz',
  'PMj5ZNmKWyMwYsyAcxpJBGIqlsSxbE6+Kp3GPcKvUTFMVcyGAsd7TGncapYMhGOG4jlsmhZqGrZ+JK5HYERuUzKHUuCLIJ885jlDtXRCIynj',
  'jrboqwVaz9G8F450+8kKNcN9qRPN8TJ1O4d/r/4EuK3sY0WQPWd2lu5Ea1z+EdrWnew1JHI7bRI47+0z1uC3xOPxt53VTbfUu+UX0cPd9ACQ',
  'D4dD5m5nRZy2z4ex04ujGWTtiM3JnkNqP1x217ejEMrQLXPInuCi/ppO1FXMVS0oF3DaVaQcVR/QXF5Bu7ZUB8nK/e/uIkPKXJqi7asH7SHu',
  'c1lfT7CUm9AUt+Y+00/LEWKy3AFN7pJcsDtcybm9ssuv60KzZeWif/zlQVBNHr//NDS0pJAMDLdtXxKdscFR/Dr4Y/TV+BsENCwc6ljcdF49',
  'LkUEN44z5U6BJYsbRtzzkoqJCa+BqTLFvKYsBGMIaAKzXHgEVfgRM1ZUXPhucBbBkkVwZ03CFDuItR9aJc+VYqzigUEcJMe/fZFfzWy0GlCz',
  'UCKIj2KFjGETsXH1M4nFwI7dj8BIl1zM/IYCoKItgHsWwZmug/hIFdREbEyfSfaoSSNVgSSlBt3dYsVAFRoqzCe/kEpDQzFYFWhKaoA06J23',
  'CvMqGkByUU0edUAQ7YeSPXMRBjJkU0hiTHlN8hACS+OjMd1VQVCyJzakqfEsqKNHHZLXAw1GrCkgCzVYrIlUGuSS+EVAS4WiszScyzbO/0Jq',
  '6WP4sQi44xbvfwXWWtfetZ5R2zlQjVWky5UFt1XOkpXxfkt2VQkfg/vAUsaO0UsbQEgcBEuxL48VWsFsyXLUDnyzCKuLko8ATj9B82Fjt1mO',
  '05QVQSoNZxHCGacAfMaJCirjnNx2LOMcHR/NOH/L/iXjfIatzzhD27sQ4BSQrK9wfmZMzErgQRBiCIUMwmwRIRXsQ3D6EAw8goYhyAggPCP9',
  'DIB8Hx5dP51wAz9iyoNvpg/XaNaOOjYtgvhoQmGdEZuIjcXPpOsS4XUEno3oSlxwFlWGM1MDWThFKsOvY8efh/kKpQ5nwMf0YnxMn+DDBuv5',
  'gigxFFjdZj6dL4r2w4h8DBjzXCKCMVMgZszLEuif8oINndSPwZhfWULA3YO1UYqy3BkEg3RWNiffsKrQf3YZiua/dBgpzuti/0pxCHsFXYYo',
  'OVPyhBh/zOjv5MIxGpBHuRuHJll2yZ2p+jTL3Co26aoEZ3xWApA+SBnK66LoU5MG2Mqk8zE4DaYcevv2tDGHD7oiBEfUFUh45Kwbh0qOA4S3',
  '4dQPjeI0OpO48SwsRZFcRDIN3goyIeoAeTnoAmUp8EP2xbmhB9l38u5/Y9uy9hfGf5+xjG8/OmvktwgzenYFi+kY8BFNGcIjkvk4BH05PY4+',
  'Imc3MLRW46jq1rJD5CV4ap6RncLk8GgJvelelA0yHUMHYXVeKo1gDAxFO05TGt2PxIiM9aNDHpiYI6U/W6NxpmtOli5jqPrKXGIf9YofO/MU',
  'oeGM68gXdefoaYSeerrNFJrnRADphhA3rLb8IAKZ8RaAOlBse3AJPg7WT1jEs5bqQYx4/iKexCx8qSajwdHZTfUUZ7Uk6fLRjN8keuyBlqDa',
  'wbalvBRum5m0B4bOgeQcKCu9CdeG/XDZx/D/rWyjQkfybCEHUeJv5SH6OX4WByTbwb8HSmGceeQO8tJu2hUVfduZvqJ1cMaO4cOMofwDNiMb',
  'O+qTbGvFSGU+DB8BvYDWT89swZQeLWIaK/oy+Ms+S++m9YKAIQ+1a7WIfmyQ8X4F88pcGvE0moIQ8Zf4TqwFdUK6v1s/OKrDzsOBCDqafMRS',
  'krMI2tpwxDmLFX3oS0eMBdz8GrYXNcDOI4FIq3x8g38NVV+ceSmySfWVR8Pi8Vi2j7wpQ8ks8ypZhZ/GdkeXcWDyCFoCOTvgBxWrutgR9QQb',
  'rz6eBlos9x3xoaXj+ZihJONjaP0CMbRgvhiGtOhM0Ds12vMYDBcDMQ6j55ACQ1CXbExY4qhJW1oA9x0GLUqOS8t6En5c7uAIVjQHSYNO1M9a',
  '4VeuuovNvCAbP3EI2wR04+zAq2QNTmujbvPXL1CGGuKhBJ0GPJWINdQ2AzGMCkdAN4EDMrAPlvDjROGfD1x0v7bcVbFqy8H9JAIOgghoK2vz',
  'WKsSsAIdOQS7ZBvlJAtzbbRQDQ1PB/qSGAofGAHuERZrUazcj7wz6XWXWXTWPcIuyLj9vDa7KLRIQ1saRrliB1CuBHO0HXLV9Cj2WVRLSeYw',
  'lLrDsaoHTx6e+Et8p6DDLrFdi0U/t5P07lHUrILZN42OF2rbmt51kt4NT5NWrurdBTpbciGdqMF9HjEWUSeiJqzrRNKO4jsNaUyO2i3Up5J9',
  'uucTn0CQP/ApBHOwglw8fBdaBFosm5Mf4nq8maD7VAVqvt+iRzfMSrjDbuI9cisE/erKi8wl352U7reD6sH5k0r+X2jlpDDuPdVCUvRTFPcH',
  '1nJ7WKucYCdRfzPQEaAW4P1Kthc9qp2Ho/4WaYhyasijSsK5CntrQUg/GtrAdmTEGc9QCDldc7ZbK7wZOCFsA3nJN7BLVXA/wK7O2p9M3p02',
  'fTi6Y0Zf+XEiosMYwq9G4q1eHKzC0e+TY4DggKF4oRYuqag7MSYJ7ypjXNLLPHYMQtKt6qtZ6Mui+huapoDNK2PXYzgS/PcyhWk5iiTELAS6',
  'fqMQAqMp6Iqi3jIJy2CKLlUiytFREhothvowlKHLCPTbceQgE4MQNjrqJb9uGX7JN3k0cIk3HMDR0Di61xBBwcygGC7R8r6Fzc4nB0tWTZGx',
  'ngAKpujbai+LlmSbofvUs1fhFRzyLyuiLa+PtDZcMbPhfRzkV2kF+Edroz/ZhL4QvxV7aeHS6D9+BuucjE1kbuy57fij7XTc5yUlrTvxMl6f',
  'iMWTnJKnT0LSeWpwPl92cFHGD6iEa35k65rDd/ocQlceQV3WecwcH58YwOkjYbv2ifq36iWv2X4qjNDB9zQYi5wLLOTXotkAbbT8JsZwTKg+',
  'isD1ZbrNdO+cEqHVGOdl0PhlUzz6as6fT6BrCm7cfnftxcVnqNE/XfOFECw7NSscQ2/cmQEnWdNwRDytWMFvF3p8aNQLN/6Evf6PPhxz4crv',
  'sH+6tcVzhtNtknhju/iSjRcrl9DlbvTYYZJ9GW5ayqoaFAZAIQTKZm1OlvAoK7YhLwyVjltBHianSo1r9G1SAzxDNfD3o0td5g33H0a/tf8s',
  '5abcjt6S5p3uO7y3mEH29vN/MRW6+9Dwra61h95Epf7qTqtt8x1fYvve0b6y4pt+uIe921RlNNeGSZyY7277ACeMR4UQ/NsxmvApFISHcTau',
  '/Qwfv75lC5pA1uYsIjP+UYQ0Hhh6POzSFS77BEx/cPtBcfwr6JxcGvqeBziP3NUeWg2XwLoToPxZm9Zjddx79yHLjTNrD1l419pXLTeHNt9x',
  '6RXP4nrActdjRW9PLefpyv5bOylSmiQasHu3oLHehX/gkXX/S/mKv8Ga3k6Qa8hGE5filjiLvz2/Ystyb+vvEdD09H+F9qCSgrsN6BEo6Khl',
  '8IkrcO+zuTaM+w6i8bWrKAZW5EnNIQ3uSiTyN18+Sjr/6XZMjqKMenrtH/DXuBnOWsE4LxBaBIIhrdCdiGiZwOa0lanb8gvOKBa33zsYG1nF',
  '5taOuFnBODJIYCdQE8DFBLA09MhanoT25MScebmUnMWVXkpZwGFwPU30Lon8VWNiqNkAa8bWUR5nuQ2jUE2h7Dr/iNsgaEZKYxAw469w7Z2K',
  'Eo07ods5SvlRe3V033I+7plN+30joM2uTHHBB6Yc6k+7XgKlTS19jc+hlNlhOp8376XnRvCxIthWrPnB2EtXT/5uI9xog704+VpK7906iIHW',
  'IbeN3LIUcL2DJBLXWJseW3yEcOVE8+6tK9Z8f89LV4+98S24aePuY9jLg+sp31iXqt0jqEg9DLvIuybN1dvb04zGtcdxwi/68mfkupGWYrTh',
  'L0TCvdwELfmn6Dau+e7k4zfHn7TBVVYuiixoE8SHWzIfixw0eOqwhr7aQVcfYQ9d5GCQsLJIx/QjlF5IZqFi/iurHLe9FTYnn5/fyYZ9NPAD',
  'J+9xOpHvs4ruNiasnaShIxW+Y90HnaSx6eW7AX5/H3bVw5k7RGOBB9oRGqokikpfP/bnXJepnSSIYEmmiEZ2Hg050rCpkYaniw6EWszxoszZ',
  'HOWx5yDsRBq8JQXysikFqoKJpXVZBGMlkaLMlRQM+k2z5qDLxAoJq2kZeeKt5niFKzgdHIno9e/T7nlrfqcryWfh9ljrUtaR/CvKyYNhRydp',
  'qAXc6N/71ovmDtLYdD86T+7Hyp3ko1FfdSj/qkFfdYZGo77qDI1GXXI2ctUWzYFkLO1MJ4S3WsqBbNS7ncm/WmAHO5N/1WgHO0JjgR3sCI0F',
  'drAjNESxFQW4g+uxVJE/DhfYukrd0RAXHcdIbiVF0SvRu5MlRitmfRHCIZkftNbl9GnGAf3XERway9AgQ6a8nE33ZVcx5CPsS9tLBeSDhdyz',
  'RsHqm9ETH4P07z9eJD44ibLboRyvBtntDI1G2e0MjUa56tBcrSQX4sXaXJ2NHK95hpTFnxctLGV1Biir005Znb40ZXpGdEx4w9xqLufW5K/R',
  'eUpWkB0I2oy5CwSHKefzgykX9CIMFhDULGTKgTNryllX5U25JEubcnuOSclhaZZT1P58n1PPZNpOQzyjWD16ECWg+0+d4kNMWqGjsDXrrJ2k',
  '0bhd2knjZBBiX5eu3772dIqPxrI++c9J77172USmh2PnFuQPsV/NuZFGMbqRASRkzHVOYIIdPXxBsj/xcqsGRHqOVwklX4Xhl+wqnA0Vv8ht',
  'uo8mqJomsrOuGdqef8VN4Vi6PiHpcnSIRjXP9DAycq9t2NwhPqg4H8dwb8OjxzrDRzN91db8q0X0VdtpNNFX7efjVF3SGRqX5Xc4uLvZoyD/',
  'h7W4NDfHy8gfWmxDuScQI1Oesqer9nwwpS+jc0d5Szbxn5q2qHfbnX/FJUiuVoly9dGJg8x251+dlKsJc4doNJGrzuSRbXrlJyfCEWuHaCwI',
  'RzqcD3fyP1+QbamJWe3/gIjH362+O9mk9XInju93eeJjxFA6l0X6shv4lD0bd6YtwiH3rJ5dHo51EZe+XyAfX2xNJ7Y/x+tUndh2Gk1ktzO5',
  'ao1ydTbmqiM5Xs1z6ClLXsyXLy3M5Qy2ksvZOFdnI1etaX4LlWb/KKKNpQ007KHabZD4T0Y1lE0lAtfGPIBwrA500SRmoylpCbmetpEYGrCP',
  'cLw1PKCpKJhVX9YwEIHraR8jzBuNiMAxV8KrLMsEszajKgBn5azwZyg/fSa+/j3fW+yrBRHOKBVEzDlJsAolTtDWoItM+XZbW8d7JXlz5GWv',
  'Le3a9d/kUxc1Bbot/UVbupcdwFW4jO0H2Jv8EKD7OEmX+O+6msEZlc+LisV7za5de/KUr1Jc0du7aT/li7RDEA4sMubu490ATyX/RP8NBZpO',
  'eXIJYv8H',
].join('');

/** Unpacked once a process, and never changed. */
let glyphs: Buffer | null = null;
const places = new Map(CHARACTERS.map((character, place) => [character, place]));

/** Coverage of a character's pixels, 0 to 15, rows from the top; a question mark for a missing character. */
export function inkOf(character: string): (x: number, y: number) => number {
  glyphs ??= inflateRawSync(Buffer.from(PACKED, 'base64'));
  const bytes = glyphs;
  const first = (places.get(character) ?? places.get(UNKNOWN)!) * GLYPH.width * GLYPH.height;
  return (x, y) => {
    const pixel = first + y * GLYPH.width + x;
    const pair = bytes[pixel >> 1]!;
    return pixel % 2 === 0 ? pair >> 4 : pair & 15;
  };
}

function range(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, at) => String.fromCodePoint(first + at));
}
